# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of searches: what investigators ask of a month of transits, with PostgreSQL's plans.

    make benchmark-search ARGS="[--quick] [--rows 10000000] [--folder DIR] [--plans DIR]"

Each kind is asked a hundred different questions, once cold and three times warm; answers are made into transits. Then
three new connections ask ten plates each, as they come and after the warm-up that the console does. The last line of
standard output is one JSON object of ms: medians, 99th percentiles, and the slowest of the new connections' answers.
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
from scripts.benchmarks.centre.queries import Kind, figures_of, kinds, save_plan
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

KINDS = ("exact", "look_alike", "wildcard", "gate_hour", "gates_hours")
_QUICK_ROWS = 100_000
_CONNECTIONS = 3
_QUESTIONS = 10


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help=f"{_QUICK_ROWS} rows.")
@click.option("--rows", type=click.IntRange(30_000), default=10_000_000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Keeps the database there; uses what is there, or goes on with it.",
)
@click.option("--plans", type=click.Path(path_type=Path), help="Folder for PostgreSQL's plans.")
def main(quick: bool, rows: int, folder: Path | None, plans: Path | None) -> None:
    """Measure and print."""
    month = Month(rows=_QUICK_ROWS if quick else rows, end=datetime.now(UTC))
    with _filled(folder, month) as database:
        number, month = _stored(database, month)
        figures: Figures = {"rows": number}
        for kind in kinds(database, month):
            if kind.name not in KINDS:
                continue
            figures |= figures_of(database, kind)
            if plans is not None:
                save_plan(database, kind, plans)
            if kind.name == "exact":
                figures |= _of_new_connections(database, kind)
    finish(figures)


@contextlib.contextmanager
def _filled(folder: Path | None, month: Month) -> Iterator[Database]:
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(TemporaryDirectory(prefix="anpr-benchmark-")))
        url = stack.enter_context(embedded_database(where, durable=False))
        migrate(url)
        database = stack.enter_context(Database(url, pool_size=2, application="benchmark"))
        if not is_filled(database):
            log(f"searches: {month.rows:,} rows made in {fill(database, month):.0f} s")
        yield database


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
