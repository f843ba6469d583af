# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of searches: what investigators ask of a month of transits, with PostgreSQL's plans.

    make benchmark-search ARGS="[--quick] [--rows 10000000] [--folder DIR] [--plans DIR] [--ingest 5000]"

Each kind is asked a hundred different questions, once cold and three times warm; answers are made into transits. So are
a vehicle's pages: the vehicle itself, its itinerary of a day, its convoy of seven days, and a cross search of five
windows of half an hour. Three new connections ask ten plates each, as they come and after the warm-up that the console
does. With `--ingest`, all is asked a second time while so many transits a second are stored (`beside_…`). The last
line of standard output is one JSON object of ms: medians, 99th percentiles, and the slowest of the new connections'
answers.
"""

import contextlib
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.kept_plans import keep_plans
from scripts.benchmarks.centre.month import Month, fill, is_filled
from scripts.benchmarks.centre.paced_ingest import ingest_beside
from scripts.benchmarks.centre.queries import Kind, figures_of, kinds, save_plan
from scripts.benchmarks.centre.vehicle_questions import vehicle_kinds
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

KINDS = ("exact", "look_alike", "wildcard", "gate_hour", "gates_hours")
_QUICK_ROWS = 100_000
_CONNECTIONS = 3
_QUESTIONS = 10
_INGEST_S = 90
"""At the longest: ingest ends with the searches beside it."""


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help=f"{_QUICK_ROWS} rows.")
@click.option("--rows", type=click.IntRange(30_000), default=10_000_000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Keeps the database there; uses what is there, or goes on with it.",
)
@click.option("--plans", type=click.Path(path_type=Path), help="Folder for PostgreSQL's plans.")
@click.option("--ingest", type=click.IntRange(0), default=0, help="Transits a second that are stored meanwhile.")
def main(quick: bool, rows: int, folder: Path | None, plans: Path | None, ingest: int) -> None:
    """Measure and print."""
    month = Month(rows=_QUICK_ROWS if quick else rows, end=datetime.now(UTC))
    with _filled(folder, month) as (database, url):
        number, month = _stored(database, month)
        figures: Figures = {"rows": number, **_ask_all(database, month, plans)}
        if ingest:
            with ingest_beside(url, ingest, _INGEST_S, figures):
                beside = _ask_all(database, month, None)
            figures |= {f"beside_{name}": value for name, value in beside.items()}
    finish(figures)


def _ask_all(database: Database, month: Month, plans: Path | None) -> Figures:
    figures: Figures = {}
    for kind in kinds(database, month):
        if kind.name not in KINDS:
            continue
        figures |= figures_of(database, kind)
        if plans is not None:
            save_plan(database, kind, plans)
        if kind.name == "exact":
            figures |= _of_new_connections(database, kind)
    for kind in vehicle_kinds(database, month):
        figures |= figures_of(database, kind, prefix="")
        if plans is not None:
            save_plan(database, kind, plans)
    return figures


@contextlib.contextmanager
def _filled(folder: Path | None, month: Month) -> Iterator[tuple[Database, str]]:
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(TemporaryDirectory(prefix="anpr-benchmark-")))
        url = stack.enter_context(embedded_database(where, durable=False))
        migrate(url)
        database = stack.enter_context(Database(url, pool_size=2, application="benchmark"))
        if not is_filled(database):
            log(f"searches: {month.rows:,} rows made in {fill(database, month):.0f} s")
        yield database, url


def _stored(database: Database, month: Month) -> tuple[int, Month]:
    """How many rows there are, and the month that ends with them."""
    with database.transaction() as conn:
        row = conn.execute("SELECT count(*) AS number, max(captured_at) AS newest FROM transits").fetchone()
    assert row is not None
    return row["number"], Month(rows=row["number"], end=row["newest"]) if row["newest"] else month


def _of_new_connections(database: Database, kind: Kind) -> Figures:
    """The slowest answer of connections that nobody has asked before, as they come and after the warm-up."""
    figures: Figures = {}
    for name, is_warm in (("new_connection", False), ("warm_connection", True)):
        slowest = []
        for _ in range(_CONNECTIONS):
            conn = database.connect(autocommit=True)
            try:
                if is_warm:
                    keep_plans(conn)
                times = []
                for ask in kind.questions[:_QUESTIONS]:
                    began = CLOCK.monotonic()
                    ask(conn)
                    times.append((CLOCK.monotonic() - began) * 1000)
            finally:
                conn.close()
            slowest.append(max(times))
        figures[f"{name}_slowest_ms"] = round(statistics.median(slowest), 2)
    return figures


if __name__ == "__main__":
    main()
