# SPDX-License-Identifier: AGPL-3.0-or-later
"""One alarm in full: beside the rows of the board, and a page of its own for whoever follows a link to it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.alarm_card import card_values, transits_of
from anpr.console.fields import Whole
from anpr.console.page_context import ContextDep
from anpr.console.scene import scene_size
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may
from anpr.store.alarms.beside import Beside, beside_alarm
from anpr.store.alarms.suppressions import suppressed_sightings
from anpr.store.alarms.views import AlarmView
from anpr.store.database.connection import Connection
from anpr.store.forwarding.alarm_pages import messages_of_alarm
from anpr.store.gates import gate_names
from anpr.store.transits.rows import get_transit
from anpr.store.users.accounts import list_users

router = APIRouter()
Only = Annotated[str, Query(pattern="^(|detail)$")]
"""`detail`: what a script puts beside the rows."""
_MOST_COLLEAGUES = 100
_MOST_SUPPRESSED = 20


@router.get("/{alarm_id:int}")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, alarm_id: Whole, only: Only = "") -> Response:
    """The alarm, with the last passes of its plate and those that look like it. What is shown is recorded."""
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    template = "alarm_detail.html" if only else "alarms/one.html"
    return console.templates.response(template, context, **detail_values(console, visitor, view))


def detail_values(console: Console, visitor: Visitor, view: AlarmView) -> dict[str, Any]:
    """What the detail needs; that the visitor is shown these transits is recorded before. Raises StoreError."""
    sighting = view.latest.sighting
    with console.database.transaction() as conn:
        stored = get_transit(conn, sighting.transit_id)
        gates = gate_names(conn)
        beside = Beside()
        suppressed = suppressed_sightings(conn, view.alarm.vehicle, _MOST_SUPPRESSED)
        if visitor.may(Permission.VIEW_TRANSITS) and view.alarm.vehicle.isalnum():
            beside = beside_alarm(conn, view.alarm.vehicle, view.gates, console.clock.now())
        told = messages_of_alarm(conn, view.alarm.id)
        colleagues = _colleagues(console, visitor, conn) if visitor.may(Permission.HANDLE_ALARMS) else []
    others = [each.transit.id for each in (*beside.passes, *beside.look_alikes)]
    others += [each.transit_id for each in suppressed]
    record_shown(console, visitor, "alarm", [*dict.fromkeys([*transits_of([view]), *others])], alarm=view.alarm.id)
    return {
        **card_values(console, view),
        "transit": stored.transit if stored else None,
        "context_size": scene_size(console, stored.transit) if stored and view.latest.may_view else None,
        "gates": gates,
        "beside": beside,
        "suppressed": suppressed,
        "told": told,
        "colleagues": colleagues,
    }


def _colleagues(console: Console, visitor: Visitor, conn: Connection) -> list[str]:
    """To whom the visitor can hand an alarm over."""
    now = console.clock.now()
    return [
        user.name
        for user in list_users(conn)
        if user.name != visitor.user.name
        and user.organisation_id == visitor.user.organisation_id
        and may(user.role, Permission.HANDLE_ALARMS)
        and not user.is_shut_out(now)
    ][:_MOST_COLLEAGUES]
