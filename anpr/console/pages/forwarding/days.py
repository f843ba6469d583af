# SPDX-License-Identifier: AGPL-3.0-or-later
"""One day of a destination: what became of it, its files with what was answered, and the transits of a file."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_shown
from anpr.console.fields import Whole
from anpr.console.forwarding.profiles import profile_state
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DayDep
from anpr.console.state import ConsoleDep
from anpr.domain.organisation import MANAGER
from anpr.settings import DestinationSettings
from anpr.store.forwarding.counts import DAY_STATES, count_days, count_reasons
from anpr.store.forwarding.pages import (
    count_files,
    deliveries_of_file,
    files_of_day,
    gates_of,
    get_file,
    some_runs,
)
from anpr.store.forwarding.requeues import list_requeues
from anpr.store.gates import gate_names

router = APIRouter(prefix="/{destination}/days/{day}")
ROWS = 100
_LEDGER_ROWS = 20_000
"""Deliveries that a page of files may count: a page has as many files as have so many transits at most."""
_FILES = (4, 50)
_RUNS = 20
_PageNumber = Annotated[int, Query(ge=1, lt=2**31)]
_Done = Annotated[str, Query(pattern=r"^[a-z-]{0,30}$")]


@router.get("")
def show(
    console: ConsoleDep,
    context: ContextDep,
    asked: DayDep,
    page: _PageNumber = 1,
    done: _Done = "",
    number: Annotated[Whole, Query()] = 0,
) -> Response:
    """The day. `done` and `number` say what was done just now, to how many."""
    destination, scope = asked.destination, asked.scope
    size = _files_a_page(destination)
    with console.database.transaction() as conn:
        counts = count_days(conn, [scope.destination], scope.day, console.settings.zone)[scope.destination]
        reasons = count_reasons(conn, scope.destination, scope.day, scope.day)
        files, all_files = files_of_day(conn, scope, (page - 1) * size, size), count_files(conn, scope)
        runs = some_runs(conn, scope.destination, _RUNS, day=scope.day)
        requeues = list_requeues(conn, scope.destination, scope.day, scope.day)
    return console.templates.response(
        "forwarding/day.html",
        replace(context, section="/status"),
        destination=destination,
        day=scope.day,
        counts=counts.get(scope.day, {}),
        states=DAY_STATES,
        reasons=reasons,
        files=files,
        page=page,
        pages=max(1, -(-all_files // size)),
        all_files=all_files,
        runs=runs,
        requeues=requeues,
        done=done,
        number=number,
        has_figures=console.scope.organisation_id == MANAGER,
    )


@router.get("/files/{number}")
def file(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    asked: DayDep,
    number: Whole,
    page: _PageNumber = 1,
) -> Response:
    """The transits of one file, without plates; which were shown to whom is recorded."""
    destination, scope = asked.destination, asked.scope
    with console.database.transaction() as conn:
        found = get_file(conn, scope, number) if number < 2**31 else None
        if found is None:
            raise HTTPException(404)
        rows = deliveries_of_file(conn, scope, number, (page - 1) * ROWS, ROWS + 1)
        gates, names = gates_of(conn, scope, rows), gate_names(conn)
    record_shown(console, visitor, "forwarding", [each.transit_id for each in rows[:ROWS]])
    return console.templates.response(
        "forwarding/file.html",
        replace(context, section="/status"),
        destination=destination,
        day=scope.day,
        file=found,
        rows=rows[:ROWS],
        has_more=len(rows) > ROWS,
        page=page,
        gates=gates,
        names=names,
    )


def _files_a_page(destination: DestinationSettings) -> int:
    profile = profile_state(destination).profile
    least, most = _FILES
    return max(least, min(most, _LEDGER_ROWS // (profile.batch_size if profile else 1000)))
