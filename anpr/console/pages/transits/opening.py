# SPDX-License-Identifier: AGPL-3.0-or-later
"""From where a transit was opened, and the reason that comes with it: of the visitor's own search, or the alarm.

The address only says which search or alarm; whether it is the visitor's, or this transit's, is looked up.
"""

from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Depends, Query

from anpr.console.access import Visitor
from anpr.console.fields import Whole
from anpr.console.state import Console
from anpr.domain.transit import Transit
from anpr.store.alarms.views import views_of_transit
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.transits.recorded_search import recorded_search

Via = Literal["alarm", "latest", "search", "gate", "forwarding", "address"]
"""The page somebody came from; recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """What the address says of it; 0: none."""

    via: Via
    search: int
    alarm: int

    @property
    def query(self) -> str:
        """The same for the addresses of the transit's images."""
        values = {"via": self.via, "search": self.search, "alarm": self.alarm}
        return urlencode({name: value for name, value in values.items() if value})


def opening(
    via: Via = "address", search: Annotated[Whole, Query()] = 0, alarm: Annotated[Whole, Query()] = 0
) -> Opening:
    """As the address says it."""
    return Opening(via=via, search=search, alarm=alarm)


OpeningDep = Annotated[Opening, Depends(opening)]


def consultation(
    console: Console, visitor: Visitor, transit: Transit, opened: Opening, action: AuditAction, **detail: object
) -> AuditEvent:
    """The audit's event of looking at this transit, with the reason it was opened under. Raises StoreError."""
    event_detail: dict[str, object] = {"transit": str(transit.id), "via": opened.via, **detail}
    reason, case = None, None
    with console.database.transaction() as conn:
        found = recorded_search(conn, opened.search) if opened.search else None
        if found is not None and found.actor == visitor.user.name:
            event_detail["search"] = found.number
            reason, case = found.reason or None, found.case_reference or None
        if opened.alarm and any(view.alarm.id == opened.alarm for view in views_of_transit(conn, transit.id)):
            event_detail["alarm"] = opened.alarm
    return AuditEvent(
        actor=visitor.user.name,
        action=action,
        at=console.clock.now(),
        reason=reason,
        case_reference=case,
        detail=event_detail,
    )
