# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way of an alarm's vehicle: transits of the same plate in the hours before it, as a piece of the card.

It is read from the transits with the visitor's rights: at gates that are not open to them nothing is found.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, allowed, record_shown
from anpr.console.fields import Whole
from anpr.console.maps.way import way_of
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.transit import Transit
from anpr.store.alarms.views import AlarmView
from anpr.store.gates import list_gates
from anpr.store.transits.rows import TransitQuery, search_transits

router = APIRouter()

MOST = 50
"""Transits that are shown: the newest."""
_MOMENT = timedelta(microseconds=1)

Viewer = Annotated[Visitor, Depends(allowed(Permission.VIEW_TRANSITS))]


@router.get("/{alarm_id}/way")
def show(console: ConsoleDep, visitor: Viewer, context: ContextDep, alarm_id: Whole) -> Response:
    """The piece of HTML. 404 for an alarm that the visitor may not see."""
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    plates, until = _vehicle(view)
    transits = _transits(console, plates, until)
    record_shown(console, visitor, "alarm-way", [transit.id for transit in transits], alarm=alarm_id)
    with console.database.transaction() as conn:
        gates = {gate.id: gate for gate in list_gates(conn)}
    return console.templates.response(
        "alarms/way.html",
        context,
        alarm_id=alarm_id,
        stops=way_of(transits, gates, view.latest.sighting.transit_id),
        hours=f"{console.settings.console.map.way_hours:g}",
        most=MOST,
    )


def _vehicle(view: AlarmView) -> tuple[Sequence[str], datetime]:
    """The plates under which its vehicle was read, and the capture time of its newest transit: all that is asked of an
    alarm here."""
    sighting = view.latest.sighting
    plates = dict.fromkeys((sighting.plate, view.alarm.vehicle))
    return [plate for plate in plates if plate.isalnum()], sighting.captured_at


def _transits(console: Console, plates: Sequence[str], until: datetime) -> list[Transit]:
    """The newest of these plates in the hours until this moment, it included, newest first."""
    since = until - timedelta(hours=console.settings.console.map.way_hours)
    with console.database.transaction() as conn:
        found = [
            stored.transit
            for plate in plates
            for stored in search_transits(
                conn, TransitQuery(pattern=plate, since=since, until=until + _MOMENT, limit=MOST)
            )
        ]
    return sorted(found, key=lambda transit: (transit.captured_at, transit.id), reverse=True)[:MOST]
