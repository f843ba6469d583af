# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rejected transits of a day: their list by reason, what the profile of now would write, sending again, and undo."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of, record_shown
from anpr.console.fields import Line, Whole
from anpr.console.forwarding.profiles import profile_state
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DayDep, DestinationDay, DestinationDep
from anpr.console.pages.forwarding.resending import MAX_REASON, ResenderDep, reason_fault
from anpr.console.pages.forwarding.trial import TRIED, try_profile
from anpr.console.rendering.templates import PageContext
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.delivery import DeliveryState
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.forwarding.counts import count_reasons
from anpr.store.forwarding.deliveries import DayScope
from anpr.store.forwarding.pages import gates_of, rejected_deliveries, stored_of
from anpr.store.forwarding.requeues import Requeue, get_requeue, requeue, undo_requeue
from anpr.store.gates import gate_names

router = APIRouter(prefix="/{destination}")
ROWS = 100
_Kind = Annotated[Line, Query(max_length=200)]


@dataclass(frozen=True, kw_only=True, slots=True)
class RequeueForm:
    """What was sent: all of a kind of reason, or the marked ones, and why."""

    kind: str
    is_all: bool
    ids: tuple[UUID, ...]
    why: str

    @property
    def fault(self) -> str:
        """What is missing, as the end of a key of messages; empty for nothing."""
        return reason_fault(self.why) or ("" if self.is_all or self.ids else "none_marked")


def _form(
    what: Annotated[Line, Form(max_length=20)] = "marked",
    kind: Annotated[Line, Form(max_length=200)] = "",
    reason: Annotated[Line, Form()] = "",
    ids: Annotated[tuple[UUID, ...], Form(max_length=ROWS)] = (),
) -> RequeueForm:
    return RequeueForm(kind=kind, is_all=what == "all", ids=ids, why=reason.strip())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    kind: str
    with_trial: bool = False
    fault: str = ""
    why: str = ""


@router.get("/days/{day}/rejected")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    asked: DayDep,
    kind: _Kind = "",
    trial: Annotated[Whole, Query()] = 0,
) -> Response:
    """Rejected transits of one kind of reason (empty: any), without plates; `trial`: with what would be written now."""
    return _page(console, visitor, context, asked, _Shown(kind=kind, with_trial=bool(trial)))


@router.post("/days/{day}/requeue")
def send_again(
    console: ConsoleDep,
    visitor: ResenderDep,
    context: ContextDep,
    asked: DayDep,
    form: Annotated[RequeueForm, Depends(_form)],
) -> Response:
    """Queue all of the kind again, or the marked ones, under a reason; the audit has it in the same transaction."""
    made = None if form.fault else _requeue(console, visitor, asked.scope, form)
    if made is not None:
        return _back(asked.scope, "requeued", made.number)
    shown = _Shown(kind=form.kind, fault=form.fault or "nothing", why=form.why[:MAX_REASON])
    return _page(console, visitor, context, asked, shown)


def _requeue(console: Console, visitor: Visitor, scope: DayScope, form: RequeueForm) -> Requeue | None:
    author = author_of(console, visitor)
    with console.database.transaction() as conn:
        made = requeue(conn, scope, form.kind, None if form.is_all else form.ids, form.why, author)
        if made is not None:
            detail = _detail(scope, made.number, made.id) | {"rejected_for": form.kind or None}
            append(conn, _event(author, AuditAction.DELIVERIES_REQUEUED, form.why, detail))
    return made


@router.post("/requeues/{number}/undo")
def undo(console: ConsoleDep, visitor: ResenderDep, destination: DestinationDep, number: Whole) -> Response:
    """Take back what is still queued and in no file."""
    author = author_of(console, visitor)
    with console.database.transaction() as conn:
        found = get_requeue(conn, destination.id, number)
        if found is None:
            raise HTTPException(404)
        back = undo_requeue(conn, number, author)
        scope = DayScope(destination=destination.id, day=found.day, since=found.at, until=found.at)
        if back is not None:
            detail = _detail(scope, back, number)
            append(conn, _event(author, AuditAction.REQUEUE_UNDONE, found.reason, detail))
    return _back(scope, "undone" if back is not None else "undone-before", back or 0)


def _back(scope: DayScope, done: str, number: int) -> Response:
    query = urlencode({"done": done, "number": number})
    address = f"/forwarding/{scope.destination}/days/{scope.day.isoformat()}?{query}"
    return RedirectResponse(address, status_code=303)


def _detail(scope: DayScope, number: int, requeued: int) -> dict[str, object]:
    day = scope.day.isoformat()
    return {"destination": scope.destination, "day": day, "transits": number, "requeue": requeued}


def _event(author: Author, action: AuditAction, reason: str, detail: dict[str, object]) -> AuditEvent:
    return AuditEvent(actor=author.name, action=action, at=author.at, reason=reason, detail=detail)


def _page(console: Console, visitor: Visitor, context: PageContext, asked: DestinationDay, shown: _Shown) -> Response:
    scope, kind = asked.scope, shown.kind
    with console.database.transaction() as conn:
        rows = rejected_deliveries(conn, scope, kind, ROWS + 1)
        reasons = count_reasons(conn, scope.destination, scope.day, scope.day)
        gates, names = gates_of(conn, scope, rows), gate_names(conn)
        transits = stored_of(conn, scope, rows[:TRIED]) if shown.with_trial else []
    record_shown(console, visitor, "forwarding", [each.transit_id for each in rows[:ROWS]])
    trial, busy = None, ""
    try:
        trial = try_profile(console, visitor, asked, transits) if shown.with_trial else None
    except SearchesBusyError as exc:
        busy = "search.busy_user" if exc.by_user else "search.busy"
    rejected = [each for each in reasons if each.state is DeliveryState.REJECTED]
    return console.templates.response(
        "forwarding/rejected.html",
        replace(context, section="/status"),
        status=503 if busy else 400 if shown.fault else 200,
        destination=asked.destination,
        profile=profile_state(asked.destination),
        day=scope.day,
        kind=kind,
        rows=rows[:ROWS],
        has_more=len(rows) > ROWS,
        number=sum(each.number for each in rejected if kind in {"", each.kind}),
        gates=gates,
        names=names,
        trial=trial,
        busy=busy,
        fault=shown.fault,
        why=shown.why,
        max_reason=MAX_REASON,
    )
