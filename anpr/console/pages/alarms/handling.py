# SPDX-License-Identifier: AGPL-3.0-or-later
"""Taking charge of alarms and closing them: the first user has it, everybody else is told so."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed, local_path, record
from anpr.console.alarm_card import MAX_NOTE, alarm_card
from anpr.console.fields import Line, Lines, Whole
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import AccessError, InputError
from anpr.store.alarms import rows
from anpr.store.audit import AuditAction, AuditEvent, append

router = APIRouter()

Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]
Back = Annotated[Line, Form(max_length=200)]

MOST_KNOWN = 500
"""Alarms that one page may ask after at once."""


@router.get("/cards")
def changed_cards(
    console: ConsoleDep,
    context: ContextDep,
    known: Annotated[str, Query(max_length=MOST_KNOWN * 33, pattern=r"^([0-9]{1,18}-[a-z]{1,12},?)*$")] = "",
) -> Response:
    """The cards of those alarms that are not as the page knows them: `known` is a list of id-state.

    What a page missed while it was cut off; the stream repeats only what was raised.
    """
    states = dict(_known(known))
    views = [view for view in console.alarms.some(states) if view.alarm.state != states[view.alarm.id]]
    return Response("".join(alarm_card(console, context, view) for view in views), media_type="text/html")


@router.post("/{alarm_id}/acknowledge")
def acknowledge(
    request: Request,
    console: ConsoleDep,
    visitor: Handler,
    context: ContextDep,
    alarm_id: Whole,
    back: Back = "/alarms",
) -> Response:
    """The visitor takes charge of an alarm."""
    _demand_handling(console, visitor, request, alarm_id)
    at = console.clock.now()
    event = AuditEvent(
        actor=visitor.user.name, action=AuditAction.ALARM_ACKNOWLEDGED, at=at, detail={"alarm": alarm_id}
    )
    is_late = False
    try:
        with console.database.transaction() as conn:
            rows.acknowledge(conn, alarm_id, visitor.user.name, at)
            append(conn, event)
    except InputError:  # somebody else was first
        is_late = True
    return _answer(request, console, context, alarm_id, back, is_late=is_late)


@router.post("/{alarm_id}/close")
def close(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    visitor: Handler,
    context: ContextDep,
    alarm_id: Whole,
    outcome: Annotated[AlarmOutcome, Form()],
    note: Annotated[Lines, Form(max_length=MAX_NOTE)] = "",
    back: Back = "/alarms",
) -> Response:
    """Record what came of an alarm."""
    _demand_handling(console, visitor, request, alarm_id)
    at = console.clock.now()
    detail: dict[str, object] = {"alarm": alarm_id, "outcome": outcome.value}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.ALARM_CLOSED, at=at, detail=detail)
    is_late = False
    try:
        with console.database.transaction() as conn:
            rows.close_alarm(conn, alarm_id, visitor.user.name, at, outcome, note.strip() or None)
            append(conn, event)
    except InputError:
        is_late = True
    return _answer(request, console, context, alarm_id, back, is_late=is_late)


def _demand_handling(console: Console, visitor: Visitor, request: Request, alarm_id: int) -> None:
    """Another organisation's alarm is handled where an agreement says so. Raises HTTPException 404 and AccessError."""
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if not view.may_handle:
        record(console, visitor.user.name, AuditAction.ACCESS_REFUSED, {"path": request.url.path[:200]})
        raise AccessError(f"alarm {alarm_id}: no agreement lets {visitor.user.organisation_id} handle it")


def _answer(
    request: Request, console: Console, context: PageContext, alarm_id: int, back: str, *, is_late: bool
) -> Response:
    """The alarm's card; without scripts, the page that the form was on."""
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if "hx-request" not in request.headers:
        return RedirectResponse(local_path(back), status_code=303)
    return Response(alarm_card(console, context, view, is_late=is_late), media_type="text/html")


def _known(text: str) -> list[tuple[int, str]]:
    pairs = [pair.split("-", 1) for pair in text.split(",") if pair]
    return [(int(number), state) for number, state in pairs[:MOST_KNOWN]]
