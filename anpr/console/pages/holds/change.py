# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of one hold: another last day, and its end, which is asked for twice. Each with a reason, in the audit.

An ended hold is not opened again: its end stays true. Whoever ended one by mistake makes the same again, which keeps
all that retention has not deleted meanwhile.
"""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, allowed, author_of
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.holds import one
from anpr.console.pages.holds.form import read_last_day
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.author import Author
from anpr.store.holds import change_end, end_hold

router = APIRouter(dependencies=[Depends(allowed(Permission.HOLD_TRANSITS))])

Reason = Annotated[str, Form(max_length=2000)]


@router.post("/{number}/ends-on")
def ends_on(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    ends_on: Annotated[str, Form(max_length=40)] = "",
    reason: Reason = "",
) -> Response:
    """Another last day, later or earlier."""
    one.hold_of(console, number)
    now, faults = console.clock.now(), _reason_faults(reason)
    day = read_last_day(faults, ends_on, now.astimezone(UTC).date())
    if faults or day is None:
        fields = {"ends_on": ends_on, "reason": reason}
        return one.page(console, visitor, context, number, faults=faults, fields=fields)
    by = Author(name=visitor.user.name, at=now)
    try:
        with console.database.transaction() as conn:
            change_end(conn, number, day, by, plain_reason(reason))
    except InputError:
        return _over(number)
    return RedirectResponse(f"/holds/{number}?done=changed", status_code=303)


@router.get("/{number}/end")
def ask(console: ConsoleDep, context: ContextDep, number: one.Number) -> Response:
    """Asks before it ends: how many transits retention deletes then."""
    return _ask(console, context, number)


@router.post("/{number}/end")
def end(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, reason: Reason = ""
) -> Response:
    """It keeps nothing any more."""
    one.hold_of(console, number)
    faults = _reason_faults(reason)
    if faults:
        return _ask(console, context, number, reason, faults)
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            end_hold(conn, number, by, plain_reason(reason))
    except InputError:
        return _over(number)
    return RedirectResponse(f"/holds/{number}?done=ended", status_code=303)


def _ask(
    console: Console,
    context: PageContext,
    number: int,
    reason: str = "",
    faults: dict[str, FieldFault] | None = None,
) -> Response:
    hold = one.hold_of(console, number)
    if hold.ended_at is not None:
        return _over(number)
    return console.templates.response(
        "holds/end.html",
        context,
        status=400 if faults else 200,
        hold=hold,
        coverage=one.coverage_of(console, number),
        faults=faults or {},
        reason=reason,
    )


def _reason_faults(reason: str) -> dict[str, FieldFault]:
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "reason", reason)
    refuse_odd(faults, "reason", [reason], MAX_REASON)
    return faults


def _over(number: int) -> Response:
    return RedirectResponse(f"/holds/{number}?done=over", status_code=303)
