# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands on alarms: take, start, hand back or over, note, close, open again; the first has it, others are told so."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed, local_path, record
from anpr.console.alarm_card import MAX_NOTE, alarm_card
from anpr.console.alarm_row import alarm_in
from anpr.console.fields import Line, Lines, Whole
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may
from anpr.domain.alarm import Alarm, AlarmOutcome
from anpr.domain.errors import AccessError, InputError
from anpr.store.alarms import handling as life
from anpr.store.alarms.views import AlarmView
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.users.accounts import get_user

router = APIRouter()

Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]
Back = Annotated[Line, Form(max_length=200)]
Note = Annotated[Lines, Form(max_length=MAX_NOTE)]
Name = Annotated[Line, Form(max_length=100)]

MOST_KNOWN = 500
"""Alarms that one page may ask after at once."""
LATE = "alarms.already"
_NO_WORD = "alarms.no_word"
_NO_COLLEAGUE = "alarms.no_colleague"
_TOO_LATE = "alarms.too_late"


@router.get("/cards")
def changed_cards(
    console: ConsoleDep,
    context: ContextDep,
    rows: bool = False,
    known: Annotated[str, Query(max_length=MOST_KNOWN * 38, pattern=r"^([0-9]{1,18}-[0-9]{1,18},?)*$")] = "",
) -> Response:
    """The cards (or `rows`) of those alarms that are not as the page knows them: `known` is a list of id-version.

    What a page missed while it was cut off; the stream repeats only what was raised.
    """
    console.alarm_calls.refresh(console.scope.organisation_id)
    versions = dict(_known(known))
    views = [view for view in console.alarms.some(versions) if view.alarm.version != versions[view.alarm.id]]
    shown = "".join(alarm_in(console, context, view, as_row=rows) for view in views)
    return Response(shown, media_type="text/html")


class Handling:
    """One command: who asks, for which alarm, and where the answer goes. The routes below say what is done."""

    def __init__(
        self,
        request: Request,
        console: ConsoleDep,
        visitor: Handler,
        context: ContextDep,
        alarm_id: Whole,
        back: Back = "/alarms",
    ) -> None:
        self.request = request
        self.console = console
        self.visitor = visitor
        self.context = context
        self.alarm_id = alarm_id
        self.back = back
        self.at = console.clock.now()
        self.view = demand_handling(console, visitor, request, alarm_id)

    @property
    def by(self) -> str:
        """The visitor's name."""
        return self.visitor.user.name

    def do(
        self,
        action: AuditAction,
        change: Callable[[Connection], object],
        *,
        reason: str | None = None,
        late: str = LATE,
        **detail: object,
    ) -> Response:
        """Make the change with its row in the audit, or tell that it comes too late; either way the card as it is."""
        told = {"alarm": self.alarm_id, **detail}
        event = AuditEvent(actor=self.by, action=action, at=self.at, reason=reason, detail=told)
        try:
            with self.console.database.transaction() as conn:
                change(conn)
                append(conn, event)
        except InputError:  # somebody else was first
            return self.answer(late)
        return self.answer()

    def answer(self, fault: str = "") -> Response:
        """The alarm's card; without scripts, the page that the form was on."""
        return answer(self.request, self.console, self.context, self.alarm_id, self.back, fault=fault)


Command = Annotated[Handling, Depends()]


@router.post("/{alarm_id}/acknowledge")
def acknowledge(command: Command) -> Response:
    """The visitor takes charge of an alarm."""
    return command.do(
        AuditAction.ALARM_ACKNOWLEDGED,
        lambda conn: life.acknowledge(conn, command.alarm_id, command.by, command.at),
    )


@router.post("/{alarm_id}/start")
def start(command: Command) -> Response:
    """The visitor acts on an alarm that is theirs, or nobody's."""
    return command.do(
        AuditAction.ALARM_STARTED, lambda conn: life.start(conn, command.alarm_id, command.by, command.at)
    )


@router.post("/{alarm_id}/release")
def release(command: Command) -> Response:
    """The visitor hands back an alarm of theirs."""
    return command.do(
        AuditAction.ALARM_RELEASED, lambda conn: life.release(conn, command.alarm_id, command.by, command.at)
    )


@router.post("/{alarm_id}/take-over")
def take_over(command: Command, holder: Name, word: Note = "") -> Response:
    """The visitor takes an alarm from who has it, as their page says, with a word why."""
    if not word.strip():
        return command.answer(_NO_WORD)
    return command.do(
        AuditAction.ALARM_TAKEN_OVER,
        lambda conn: life.take_over(conn, command.alarm_id, command.by, command.at, holder, word.strip()),
        reason=word.strip(),
        **{"from": holder},
    )


@router.post("/{alarm_id}/hand-over")
def hand_over(command: Command, to: Name, word: Note = "") -> Response:
    """The visitor gives an alarm of theirs to a colleague who may handle it."""
    if not _is_colleague(command.console, command.visitor, to.strip()):
        return command.answer(_NO_COLLEAGUE)
    return command.do(
        AuditAction.ALARM_HANDED_OVER,
        lambda conn: life.hand_over(conn, command.alarm_id, command.by, command.at, to.strip(), word.strip() or None),
        reason=word.strip() or None,
        to=to.strip(),
    )


@router.post("/{alarm_id}/note")
def note(command: Command, text: Note = "") -> Response:
    """Write something down about an alarm that is not closed. The text is in the alarm's log alone."""
    if not text.strip():
        return command.answer(_NO_WORD)
    return command.do(
        AuditAction.ALARM_NOTED,
        lambda conn: life.note(conn, command.alarm_id, command.by, command.at, text.strip()),
    )


@router.post("/{alarm_id}/close")
def close(command: Command, outcome: Annotated[AlarmOutcome, Form()], note: Note = "") -> Response:
    """Record what came of an alarm."""

    def change(conn: Connection) -> Alarm:
        return life.close_alarm(conn, command.alarm_id, command.by, command.at, outcome, note.strip() or None)

    return command.do(AuditAction.ALARM_CLOSED, change, outcome=outcome.value)


@router.post("/{alarm_id}/reopen")
def reopen(command: Command, word: Note = "") -> Response:
    """Open an alarm again that was closed by a slip, a few minutes ago."""
    return command.do(
        AuditAction.ALARM_REOPENED,
        lambda conn: life.reopen(conn, command.alarm_id, command.by, command.at, word.strip() or None),
        reason=word.strip() or None,
        late=_TOO_LATE,
    )


def demand_handling(console: Console, visitor: Visitor, request: Request, alarm_id: int) -> AlarmView:
    """The alarm. Another organisation's is handled where an agreement says so. Raises HTTPException 404 and
    AccessError."""
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if not view.may_handle:
        record(console, visitor.user.name, AuditAction.ACCESS_REFUSED, {"path": request.url.path[:200]})
        raise AccessError(f"alarm {alarm_id}: no agreement lets {visitor.user.organisation_id} handle it")
    return view


def answer(
    request: Request, console: Console, context: PageContext, alarm_id: int, back: str, *, fault: str = ""
) -> Response:
    """The alarm's card; without scripts, the page that the form was on."""
    console.alarm_calls.refresh(console.scope.organisation_id)
    view = console.alarms.one(alarm_id)
    if view is None:
        raise HTTPException(404)
    if "hx-request" not in request.headers:
        return RedirectResponse(local_path(back), status_code=303)
    return Response(alarm_card(console, context, view, fault=fault), media_type="text/html")


def _is_colleague(console: Console, visitor: Visitor, name: str) -> bool:
    """Whether there is another such user of the visitor's organisation, who may handle alarms."""
    if name == visitor.user.name:
        return False
    with console.database.transaction() as conn:
        user = get_user(conn, name)
    return (
        user is not None
        and not user.is_shut_out(console.clock.now())
        and user.organisation_id == visitor.user.organisation_id
        and may(user.role, Permission.HANDLE_ALARMS)
    )


def _known(text: str) -> list[tuple[int, int]]:
    pairs = [pair.split("-", 1) for pair in text.split(",") if pair]
    return [(int(number), int(version)) for number, version in pairs[:MOST_KNOWN]]
