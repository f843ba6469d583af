# SPDX-License-Identifier: AGPL-3.0-or-later
"""One data subject request: what is asked, by when it is due, what was done for it, and the forms that close it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.subject_request import RefusalGrounds, SubjectRequest
from anpr.store.audit import AuditAction, history_of_request
from anpr.store.requests.register import Handling, get_request

router = APIRouter()

Number = Annotated[int, Path(ge=1, lt=2**63)]
Done = Literal["registered", "answered", "refused", "erased", "closed", "files"]
"""What was just done; `closed`: it had been closed before; `files`: erased, but for image files that are left."""
_NONE: Mapping[str, FieldFault] = {}


def handling(console: Console, visitor: Visitor) -> Handling:
    """Now, by the visitor."""
    return Handling(by=visitor.user.name, at=console.clock.now())


def gone_by(console: Console, at: datetime) -> date:
    """The day (UTC) by which retention has taken what an erasure at this moment does not reach.

    That stands in a topic, or in the outbox of a reader that is away. Neither may be kept longer than transits
    (anpr.settings), whose last day goes with the run after it; the reader's own settings may name no purpose.
    """
    return (at.astimezone(UTC) + timedelta(days=console.settings.retention.longest_days + 1)).date()


def request_of(console: Console, number: int) -> SubjectRequest:
    """The request. Raises HTTPException (404) when there is none."""
    with console.database.transaction() as conn:
        request = get_request(conn, number)
    if request is None:
        raise HTTPException(404)
    return request


def open_plate_of(console: Console, number: int) -> tuple[SubjectRequest, str] | None:
    """An open request and its plate; None when it is closed: nothing is looked up for it any more."""
    request = request_of(console, number)
    return (request, request.plate) if request.outcome is None and request.plate is not None else None


def closed(number: int) -> Response:
    """The way back where somebody was faster."""
    return RedirectResponse(f"/requests/{number}?done=closed", status_code=303)


@router.get("/{number}")
def show(console: ConsoleDep, context: ContextDep, number: Number, done: Done | None = None) -> Response:
    """The page, and what was just done."""
    return page(console, context, number, done=done)


def page(
    console: Console,
    context: PageContext,
    number: int,
    *,
    done: Done | None = None,
    faults: Mapping[str, FieldFault] = _NONE,
    fields: Mapping[str, str] | None = None,
) -> Response:
    """The page of one request; with the faults of a form on it, answered with 400. Raises HTTPException (404)."""
    request = request_of(console, number)
    with console.database.transaction() as conn:
        history = history_of_request(conn, number)
    return console.templates.response(
        "requests/request.html",
        context,
        status=400 if faults else 200,
        request=request,
        history=history,
        erasure=next((each.event.detail for each in history if each.event.action == AuditAction.REQUEST_ERASED), None),
        today=console.scope.day,
        grounds=list(RefusalGrounds),
        done=done,
        faults=faults,
        fields=fields or {"answer": "", "grounds": "", "refusal": ""},
    )
