# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms as they are raised, acknowledged and closed: the page that operators watch."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, record_view
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms import stream
from anpr.console.pages.alarms.card import MAX_NOTE, card
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome, AlarmState
from anpr.domain.errors import InputError
from anpr.store.alarms import rows
from anpr.store.alarms.views import PAGE_LIMIT, AlarmView
from anpr.store.audit import AuditAction, AuditEvent, append

router = APIRouter(prefix="/alarms")

Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]


@router.get("")
def show_open(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """Alarms that are not closed, the newest on top; new ones come by themselves."""
    record_view(console, visitor, "alarms")
    newest_id = console.alarms.newest_id()  # before the alarms are read: what comes in between is sent, not left out
    return _page(console, context, console.alarms.open(), newest_id)


@router.get("/closed")
def show_closed(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """The latest closed alarms."""
    record_view(console, visitor, "closed-alarms")
    return _page(console, context, console.alarms.closed(), None)


@router.post("/{alarm_id}/acknowledge")
def acknowledge(
    request: Request, console: ConsoleDep, visitor: Handler, context: ContextDep, alarm_id: int
) -> Response:
    """The visitor takes charge of an alarm."""
    at = console.clock.now()
    event = AuditEvent(
        actor=visitor.user.name, action=AuditAction.ALARM_ACKNOWLEDGED, at=at, detail={"alarm": alarm_id}
    )
    try:
        with console.database.transaction() as conn:
            rows.acknowledge(conn, alarm_id, visitor.user.name, at)
            append(conn, event)
    except InputError:  # somebody else was first
        return _card(request, console, context, alarm_id, is_late=True)
    return _card(request, console, context, alarm_id)


@router.post("/{alarm_id}/close")
def close(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    visitor: Handler,
    context: ContextDep,
    alarm_id: int,
    outcome: Annotated[AlarmOutcome, Form()],
    note: Annotated[str, Form(max_length=MAX_NOTE)] = "",
) -> Response:
    """Record what came of an alarm."""
    at = console.clock.now()
    detail: dict[str, object] = {"alarm": alarm_id, "outcome": outcome.value}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.ALARM_CLOSED, at=at, detail=detail)
    try:
        with console.database.transaction() as conn:
            rows.close_alarm(conn, alarm_id, visitor.user.name, at, outcome, note.strip() or None)
            append(conn, event)
    except InputError:
        return _card(request, console, context, alarm_id, is_late=True)
    return _card(request, console, context, alarm_id)


def _card(
    request: Request, console: Console, context: PageContext, alarm_id: int, *, is_late: bool = False
) -> Response:
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if "hx-request" not in request.headers:
        return RedirectResponse("/alarms", status_code=303)
    return Response(card(console, context, view, is_late=is_late), media_type="text/html")


def _page(console: Console, context: PageContext, views: list[AlarmView], newest_id: int | None) -> Response:
    """`newest_id`: alarms above it come by themselves; None on the page of closed ones."""
    is_history = newest_id is None
    past, past_count = ([], 0) if is_history else console.alarms.open_retro()
    return console.templates.response(
        "alarms/alarms.html",
        context,
        views=views,
        cards=[card(console, context, view) for view in views],
        past=[card(console, context, view) for view in past],
        past_count=past_count,
        last_id=newest_id,
        raised=sum(view.alarm.state is AlarmState.RAISED for view in views),
        limit=PAGE_LIMIT,
        is_history=is_history,
    )


router.include_router(stream.router)

PAGE = Page(name="alarms", router=router, permissions=(Permission.VIEW_ALARMS,))
