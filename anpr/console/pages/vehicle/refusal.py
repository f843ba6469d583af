# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions that were not answered: written down as far as they can be, and told in words."""

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.fields import without_controls
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, append


def record_refused(console: Console, visitor: Visitor, pattern: str, reason: str, case: str, faults: list[str]) -> None:
    """What could not be asked, by the fields that were wrong."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.SEARCH_REFUSED,
        at=console.clock.now(),
        reason=without_controls(plain_reason(reason))[:MAX_REASON] or None,
        case_reference=without_controls(case.strip())[:100] or None,
        detail={"pattern": without_controls(pattern)[:64], "refused": faults},
    )
    with console.database.transaction() as conn:
        append(conn, event)


def notice_of(console: Console, exc: Exception) -> FieldFault:
    """Why there is no answer, and what helps."""
    if isinstance(exc, SearchesBusyError):
        return FieldFault(key="search.busy_user" if exc.by_user else "search.busy")
    return FieldFault(key="vehicle.too_slow", values={"count": f"{console.settings.console.search_timeout_s:g}"})
