# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports of a destination's runs, newest first, and the same as CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DestinationDep
from anpr.console.state import ConsoleDep
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.store.forwarding.pages import NEWEST, some_runs
from anpr.store.forwarding.runs import ForwardRun

router = APIRouter(prefix="/{destination}/runs")
ROWS = 50
_CSV_ROWS = 10_000
_COUNTS = ("stored", "discarded", "queued", "sent", "accepted", "rejected", "expired", "files", "bytes")
_OF_RUN = ("run_sent", "run_accepted", "run_rejected", "run_expired")
_Before = Annotated[int, Query(ge=1, lt=2**63)]


@router.get("")
def show(console: ConsoleDep, context: ContextDep, destination: DestinationDep, before: _Before = NEWEST) -> Response:
    """A page of runs."""
    with console.database.transaction() as conn:
        runs = some_runs(conn, destination.id, ROWS + 1, before=before)
    return console.templates.response(
        "forwarding/runs.html",
        replace(context, section="/status"),
        destination=destination,
        runs=runs[:ROWS],
        has_older=len(runs) > ROWS,
        is_first=before == NEWEST,
        most=_CSV_ROWS,
    )


@router.get("/csv")
def as_csv(console: ConsoleDep, destination: DestinationDep) -> Response:
    """The newest runs as a table: times in UTC, figures of the day and of the run."""
    with console.database.transaction() as conn:
        runs = some_runs(conn, destination.id, _CSV_ROWS)
    headers = {"Content-Disposition": f'attachment; filename="inoltri-{destination.id}.csv"'}
    return Response(csv_bytes(_rows(runs)), media_type="text/csv; charset=utf-8", headers=headers)


def _rows(runs: Sequence[ForwardRun]) -> Iterator[list[object]]:
    yield [
        "run",
        "day",
        "kind",
        "started_at",
        "finished_at",
        "outcome",
        *_COUNTS,
        *_OF_RUN,
        "profile",
        "protocol",
        "error",
    ]
    for run in runs:
        ended = run.finished_at.isoformat(timespec="seconds") if run.finished_at else ""
        yield [
            run.id, run.day.isoformat(), run.kind.value, run.started_at.isoformat(timespec="seconds"), ended,
            run.outcome.value if run.outcome else "", *(run.counts.get(name, "") for name in (*_COUNTS, *_OF_RUN)),
            as_text(run.profile), as_text(run.protocol), as_text(run.error or ""),
        ]  # fmt: skip
