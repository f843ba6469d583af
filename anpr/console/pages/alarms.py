"""The page operators watch: alarms as they are raised, taken and closed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed, record
from anpr.console.page_context import ReaderDep
from anpr.console.rendering.templating import Reader
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome, AlarmState
from anpr.domain.errors import InputError
from anpr.store.alarms.rows import acknowledge, close_alarm
from anpr.store.alarms.views import PAGE_LIMIT, AlarmView
from anpr.store.audit import AuditAction, AuditEvent, append

router = APIRouter(prefix="/alarms")

MAX_NOTE = 500

Viewer = Annotated[Visitor, Depends(allowed(Permission.VIEW_ALARMS))]
Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]


@router.get("")
def show_open(console: ConsoleDep, visitor: Viewer, reader: ReaderDep) -> Response:
    """Alarms that are not closed, the newest on top; new ones come by themselves."""
    _record(console, visitor, "alarms")
    newest_id = console.alarms.newest_id()  # before the alarms are read: what comes in between is sent, not left out
    return _page(console, visitor, reader, console.alarms.open(), newest_id)


@router.get("/closed")
def show_closed(console: ConsoleDep, visitor: Viewer, reader: ReaderDep) -> Response:
    """The latest closed alarms."""
    _record(console, visitor, "closed-alarms")
    return _page(console, visitor, reader, console.alarms.closed(), None)


@router.post("/{alarm_id}/acknowledge")
def take(request: Request, console: ConsoleDep, visitor: Handler, reader: ReaderDep, alarm_id: int) -> Response:
    """Take charge of an alarm."""
    at = console.clock.now()
    try:
        with console.database.transaction() as conn:
            acknowledge(conn, alarm_id, visitor.user.name, at)
            append(conn, _event(visitor, AuditAction.ALARM_ACKNOWLEDGED, console, {"alarm": alarm_id}))
    except InputError:  # somebody else was first
        return _card(request, console, reader, alarm_id, is_late=True)
    return _card(request, console, reader, alarm_id)


@router.post("/{alarm_id}/close")
def close(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    visitor: Handler,
    reader: ReaderDep,
    alarm_id: int,
    outcome: Annotated[AlarmOutcome, Form()],
    note: Annotated[str, Form(max_length=MAX_NOTE)] = "",
) -> Response:
    """Record what came of an alarm."""
    at = console.clock.now()
    try:
        with console.database.transaction() as conn:
            close_alarm(conn, alarm_id, visitor.user.name, at, outcome, note.strip() or None)
            detail: dict[str, object] = {"alarm": alarm_id, "outcome": outcome.value}
            append(conn, _event(visitor, AuditAction.ALARM_CLOSED, console, detail))
    except InputError:
        return _card(request, console, reader, alarm_id, is_late=True)
    return _card(request, console, reader, alarm_id)


def card(console: Console, reader: Reader, view: AlarmView, *, is_late: bool = False) -> str:
    """One alarm as HTML; `is_late`: the reader tried to handle it after somebody else."""
    return console.pages.text(
        "alarm.html", reader, view=view, outcomes=list(AlarmOutcome), max_note=MAX_NOTE, is_late=is_late
    )


def _record(console: Console, visitor: Visitor, page: str) -> None:
    if console.consultations.begins(visitor.session.key, page):
        record(console, visitor.user.name, AuditAction.TRANSIT_VIEWED, {"page": page})


def _card(request: Request, console: Console, reader: Reader, alarm_id: int, *, is_late: bool = False) -> Response:
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if "hx-request" not in request.headers:
        return RedirectResponse("/alarms", status_code=303)
    return Response(card(console, reader, view, is_late=is_late), media_type="text/html")


def _page(
    console: Console, visitor: Visitor, reader: Reader, views: list[AlarmView], newest_id: int | None
) -> Response:
    """`newest_id`: alarms above it come by themselves; None on the page of closed ones."""
    is_history = newest_id is None
    past, past_count = ([], 0) if is_history else console.alarms.open_retro()
    return console.pages.page(
        "alarms.html",
        reader,
        views=views,
        cards=[card(console, reader, view) for view in views],
        past=[card(console, reader, view) for view in past],
        past_count=past_count,
        last_id=newest_id,
        raised=sum(view.alarm.state is AlarmState.RAISED for view in views),
        limit=PAGE_LIMIT,
        is_history=is_history,
        is_handler=visitor.may(Permission.HANDLE_ALARMS),
    )


def _event(visitor: Visitor, action: AuditAction, console: Console, detail: dict[str, object]) -> AuditEvent:
    return AuditEvent(actor=visitor.user.name, action=action, at=console.clock.now(), detail=detail)
