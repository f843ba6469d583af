# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patrols for an alarm: who is on duty, the nearest first where they show where they are, and sending it to one."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from anpr.console.access import Visitor
from anpr.console.fields import Line, Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms.handling import Command, Handler, demand_handling
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Role
from anpr.domain.patrol import Distance, Place, nearest_first
from anpr.store.alarms.handling import dispatch
from anpr.store.alarms.views import AlarmView
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.notifications.ledger import enter_handed_over
from anpr.store.notifications.recipients import patrol_recipient
from anpr.store.patrol.devices import devices_of
from anpr.store.patrol.people import forget_positions, on_duty
from anpr.store.users.accounts import get_user

router = APIRouter()

_NO_PATROL = "alarms.no_patrol"


@router.get("/{alarm_id}/patrols")
def patrols(request: Request, console: ConsoleDep, visitor: Handler, context: ContextDep, alarm_id: Whole) -> Response:
    """Patrols that are logged in, with distance and the age of their position; a piece of a page for a script."""
    view = demand_handling(console, visitor, request, alarm_id)
    part = "alarms/patrol_list.html" if "hx-request" in request.headers else "alarms/patrols.html"
    found = _on_duty(console, visitor, view)
    with console.database.transaction() as conn:
        with_phone = {each.patrol.name for each in found if devices_of(conn, each.patrol.name)}
    return console.templates.response(
        part,
        context,
        view=view,
        patrols=found,
        with_phone=with_phone,
        has_position=console.settings.patrol.position,
    )


@router.post("/{alarm_id}/send")
def send(command: Command, to: Annotated[Line, Form(max_length=64)]) -> Response:
    """Send the alarm to a patrol of one's own organisation: it stands in the alarm's log, and on the patrol's phone."""
    if not _is_patrol(command.console, command.visitor, to):
        return command.answer(_NO_PATROL)

    def change(conn: Connection) -> None:
        alarm = dispatch(conn, command.alarm_id, command.by, command.at, to)
        if devices_of(conn, to):
            by = Author(name=command.by, at=command.at)
            enter_handed_over(conn, patrol_recipient(conn, to, by), alarm.id, alarm.priority, by)

    return command.do(AuditAction.ALARM_DISPATCHED, change, to=to)


def _on_duty(console: Console, visitor: Visitor, view: AlarmView) -> list[Distance]:
    now, settings = console.clock.now(), console.settings.patrol
    since = now - timedelta(minutes=settings.position_minutes)
    started_after = now - timedelta(hours=settings.session_hours)
    with console.database.transaction() as conn:
        forget_positions(conn, since)
        gates = {gate.id: gate for gate in list_gates(conn)}
        people = on_duty(conn, visitor.user.organisation_id, now, located_since=since, started_after=started_after)
    gate = gates.get(view.latest.sighting.gate_id)
    place = None
    if gate is not None and gate.latitude is not None and gate.longitude is not None:
        place = Place(latitude=gate.latitude, longitude=gate.longitude)
    return nearest_first(people, place)


def _is_patrol(console: Console, visitor: Visitor, name: str) -> bool:
    with console.database.transaction() as conn:
        user = get_user(conn, name)
    return (
        user is not None
        and user.role is Role.PATROL
        and not user.is_shut_out(console.clock.now())
        and user.organisation_id == visitor.user.organisation_id
    )
