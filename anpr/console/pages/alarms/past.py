# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands on alarms from the past: all are marked as seen with one reason, and opened again after a slip."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed
from anpr.console.pages.alarms.handling import Note
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmOutcome
from anpr.store.alarms.past import MOST_SETTLED, last_settled, reopen_past, settle_past
from anpr.store.alarms.views import MAX_ID
from anpr.store.audit import AuditAction, AuditEvent, append

router = APIRouter()
Handler = Annotated[Visitor, Depends(allowed(Permission.HANDLE_ALARMS))]
Newest = Annotated[int, Form(ge=0, le=MAX_ID)]
_PATH = "/alarms/past"


@router.post("/past/seen")
def mark_seen(console: ConsoleDep, visitor: Handler, newest: Newest, reason: Note = "") -> Response:
    """Those that nobody has, up to the `newest` there was when the page was made: what came since is not seen yet."""
    if not reason.strip():
        return RedirectResponse(f"{_PATH}?fault=reason", status_code=303)
    by, at = visitor.user.name, console.clock.now()
    with console.database.transaction() as conn:
        ids = settle_past(conn, newest, by, at, reason.strip())
        if ids:
            detail = {"alarms": ids, "outcome": AlarmOutcome.OTHER.value}
            append(
                conn, AuditEvent(actor=by, action=AuditAction.ALARM_CLOSED, at=at, reason=reason.strip(), detail=detail)
            )
    return RedirectResponse(_PATH, status_code=303)


@router.post("/past/unseen")
def mark_unseen(console: ConsoleDep, visitor: Handler, settled_at: Annotated[datetime, Form()]) -> Response:
    """What the visitor marked at that moment, a few minutes ago, waits again."""
    by, at = visitor.user.name, console.clock.now()
    if settled_at.tzinfo is None:
        return RedirectResponse(f"{_PATH}?fault=late", status_code=303)
    with console.database.transaction() as conn:
        ids = reopen_past(conn, settled_at, by, at)
        if ids:
            append(conn, AuditEvent(actor=by, action=AuditAction.ALARM_REOPENED, at=at, detail={"alarms": ids}))
    return RedirectResponse(_PATH if ids else f"{_PATH}?fault=late", status_code=303)


def past_values(console: Console, visitor: Visitor, fault: str) -> dict[str, Any]:
    """What the page's forms need: up to which alarm is marked, what was marked last, why a command was not followed."""
    if not visitor.may(Permission.HANDLE_ALARMS):
        return {"settled": None, "fault": ""}
    with console.database.transaction() as conn:
        settled = last_settled(conn, visitor.user.name, console.clock.now())
    return {"settled": settled, "fault": fault, "most_settled": MOST_SETTLED}
