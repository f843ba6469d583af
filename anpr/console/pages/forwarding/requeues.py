# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rejected transits of a day: their list by reason, what the profile of now would write, sending again, and undo."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of, record_shown
from anpr.console.fields import Line, Whole
from anpr.console.forwarding.profiles import profile_state
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DestinationDep, ScopeDep
from anpr.console.pages.forwarding.trial import TRIED, try_profile
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.delivery import DeliveryState
from anpr.settings import DestinationSettings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.forwarding.counts import count_reasons
from anpr.store.forwarding.deliveries import DayScope
from anpr.store.forwarding.pages import gates_of, rejected_deliveries, stored_of
from anpr.store.forwarding.requeues import get_requeue, requeue, undo_requeue
from anpr.store.gates import gate_names

router = APIRouter(prefix="/{destination}")
ROWS = 100
MAX_REASON = 500
_Kind = Annotated[Line, Query(max_length=200)]
_ResenderDep = Annotated[Visitor, Depends(allowed(Permission.RESEND_DELIVERIES))]


@router.get("/days/{day}/rejected")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    destination: DestinationDep,
    scope: ScopeDep,
    kind: _Kind = "",
    trial: Annotated[Whole, Query()] = 0,
) -> Response:
    """Rejected transits of one kind of reason (empty: any), without plates; `trial`: with what would be written now."""
    return _page(console, visitor, context, destination, scope, kind, with_trial=bool(trial))


@router.post("/days/{day}/requeue")
def send_again(
    console: ConsoleDep,
    visitor: _ResenderDep,
    context: ContextDep,
    destination: DestinationDep,
    scope: ScopeDep,
    what: Annotated[Line, Form(max_length=20)] = "marked",
    kind: Annotated[Line, Form(max_length=200)] = "",
    reason: Annotated[Line, Form()] = "",
    ids: Annotated[tuple[UUID, ...], Form(max_length=ROWS)] = (),
) -> Response:
    """Queue all of the kind again, or the marked ones, under a reason; the audit has it in the same transaction."""
    why = reason.strip()
    fault = "no_reason" if not why else "long_reason" if len(why) > MAX_REASON else ""
    if what != "all" and not ids:
        fault = fault or "none_marked"
    if fault:
        return _page(console, visitor, context, destination, scope, kind, fault=fault, why=reason[:MAX_REASON])
    author = author_of(console, visitor)
    with console.database.transaction() as conn:
        made = requeue(conn, scope, kind, None if what == "all" else ids, why, author)
        if made is not None:
            detail = _detail(scope, made.number, made.id) | {"rejected_for": kind or None}
            append(conn, _event(author, AuditAction.DELIVERIES_REQUEUED, why, detail))
    if made is None:
        return _page(console, visitor, context, destination, scope, kind, fault="nothing", why=why)
    return _back(scope, "requeued", made.number)


@router.post("/requeues/{number}/undo")
def undo(console: ConsoleDep, visitor: _ResenderDep, destination: DestinationDep, number: Whole) -> Response:
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


def _page(
    console: Console,
    visitor: Visitor,
    context: PageContext,
    destination: DestinationSettings,
    scope: DayScope,
    kind: str,
    *,
    with_trial: bool = False,
    fault: str = "",
    why: str = "",
) -> Response:
    with console.database.transaction() as conn:
        rows = rejected_deliveries(conn, scope, kind, ROWS + 1)
        reasons = count_reasons(conn, scope.destination, scope.day, scope.day)
        gates, names = gates_of(conn, scope, rows), gate_names(conn)
        transits = stored_of(conn, scope, rows[:TRIED]) if with_trial else []
    record_shown(console, visitor, "forwarding", [each.transit_id for each in rows[:ROWS]])
    rejected = [each for each in reasons if each.state is DeliveryState.REJECTED]
    profile = profile_state(destination)
    return console.templates.response(
        "forwarding/rejected.html",
        replace(context, section="/status"),
        status=400 if fault else 200,
        destination=destination,
        profile=profile,
        day=scope.day,
        kind=kind,
        rows=rows[:ROWS],
        has_more=len(rows) > ROWS,
        number=sum(each.number for each in rejected if kind in {"", each.kind}),
        gates=gates,
        names=names,
        trial=try_profile(console, visitor, destination, scope, transits) if with_trial else None,
        fault=fault,
        why=why,
        max_reason=MAX_REASON,
    )
