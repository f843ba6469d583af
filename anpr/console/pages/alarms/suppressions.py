# SPDX-License-Identifier: AGPL-3.0-or-later
"""Suppressions: made on an alarm's card for a few hours, listed on a page of their own, ended there."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed, record_view
from anpr.console.fields import Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms.handling import LATE, Command, Note
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import AccessError, InputError
from anpr.store.alarms.suppressions import counted_suppressions, suppress, unsuppress
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.gates import gate_names

router = APIRouter()
Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]
Hours = Annotated[int, Form(ge=1, le=168)]
OVER_SHOWN = timedelta(days=1)
"""How long after its end a suppression is still listed."""
Place = Literal["here", "everywhere"]


@router.get("/suppressions")
def show(console: ConsoleDep, visitor: Handler, context: ContextDep) -> Response:
    """Those that hold now, and those that ended a short time ago, with what they kept from being an alarm."""
    record_view(console, visitor, "suppressions")
    now = console.clock.now()
    with console.database.transaction() as conn:
        found, gates = counted_suppressions(conn, now, now - OVER_SHOWN), gate_names(conn)
    return console.templates.response(
        "alarms/suppressions.html",
        context,
        held=[each for each in found if each.holds],
        over=[each for each in found if not each.holds],
        gates=gates,
    )


@router.post("/suppressions/{number}/lift")
def lift(console: ConsoleDep, visitor: Handler, number: Whole) -> Response:
    """It holds no more. One that is over already is not there after it either."""
    at = console.clock.now()
    event = AuditEvent(
        actor=visitor.user.name, action=AuditAction.ALARM_UNSUPPRESSED, at=at, detail={"suppression": number}
    )
    try:
        with console.database.transaction() as conn:
            unsuppress(conn, number, visitor.user.name, at)
            append(conn, event)
    except InputError:  # over, or ended by a colleague: the page shows it
        pass
    return RedirectResponse("/alarms/suppressions", status_code=303)


@router.post("/{alarm_id}/suppress")
def make(command: Command, hours: Hours, place: Annotated[Place, Form()] = "here", reason: Note = "") -> Response:
    """For some hours the alarm's vehicle raises none at the gate where it was seen last, or at any.

    For lists of one's own organisation alone: who handles another's alarm does not silence it.
    """
    alarm = command.view.alarm
    if alarm.organisation_id != command.visitor.user.organisation_id:
        raise AccessError(f"alarm {alarm.id}: {alarm.organisation_id} alone suppresses what its lists name")
    if not reason.strip():
        return command.answer("alarms.no_word")
    gate_id = command.view.latest.sighting.gate_id if place == "here" else None
    until = command.at + timedelta(hours=hours)

    def change(conn: Connection) -> None:
        suppress(conn, alarm.id, command.by, command.at, until, reason.strip(), gate_id)

    told = {"gate": gate_id} if gate_id else {}
    return command.do(
        AuditAction.ALARM_SUPPRESSED, change, reason=reason.strip(), late=LATE, until=until.isoformat(), **told
    )
