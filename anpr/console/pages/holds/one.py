# SPDX-License-Identifier: AGPL-3.0-or-later
"""One hold: what it covers of what is stored, who made it and why, until when, and what was done to it."""

from collections.abc import Mapping
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_view
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError, QueryTooLongError
from anpr.domain.hold import LONGEST, Hold
from anpr.store.audit import history_of_hold
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import gate_names
from anpr.store.held import HoldCoverage, hold_coverage
from anpr.store.holds import get_hold
from anpr.store.retention import cutoffs, kept_from

router = APIRouter()

Number = Annotated[int, Path(ge=1, lt=2**63)]
Done = Literal["made", "changed", "ended", "over"]
"""What was just done, as the page tells it; `over`: it had ended before."""
_NO_FAULTS: Mapping[str, FieldFault] = {}


def hold_of(console: Console, number: int) -> Hold:
    """The hold. Raises HTTPException (404) when there is none."""
    with console.database.transaction() as conn:
        try:
            return get_hold(conn, number)
        except InputError:
            raise HTTPException(404) from None


def coverage_of(console: Console, number: int) -> HoldCoverage | None:
    """What it covers; None where counting takes longer than a search may."""
    kept = kept_from(cutoffs(console.settings.retention, console.clock.now()))
    try:
        limit_s = console.settings.console.search_timeout_s
        with console.search_database.transaction() as conn, time_limit(conn, limit_s):
            return hold_coverage(conn, number, kept)
    except QueryTooLongError:
        return None


@router.get("/{number}")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number, done: Done | None = None
) -> Response:
    """The page, and what was just done."""
    return page(console, visitor, context, number, done=done)


def page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    number: int,
    *,
    done: Done | None = None,
    faults: Mapping[str, FieldFault] = _NO_FAULTS,
    fields: Mapping[str, str] | None = None,
) -> Response:
    """The page of one hold; with the faults of a form on it, answered with 400. Raises HTTPException (404)."""
    hold = hold_of(console, number)
    record_view(console, visitor, "holds", hold=number)
    with console.database.transaction() as conn:
        history, gates = history_of_hold(conn, number), gate_names(conn)
    today = console.clock.now().astimezone(UTC).date()
    return console.templates.response(
        "holds/hold.html",
        context,
        status=400 if faults else 200,
        hold=hold,
        coverage=coverage_of(console, number),
        history=history,
        gates=gates,
        done=done,
        faults=faults,
        fields=fields or {"ends_on": hold.ends_on.isoformat(), "reason": ""},
        today=today,
        latest=today + LONGEST,
    )
