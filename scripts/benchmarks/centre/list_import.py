# SPDX-License-Identifier: AGPL-3.0-or-later
"""Import of a list's file: time and memory of reading, preview, import, undo.

    python -m scripts.benchmarks.centre.list_import [--entries 1000000] [--quick]

A CSV file as Excel writes it in Italy (Windows-1252, semicolons, Italian dates), made here; a real PostgreSQL of its
own, in a temporary folder, that flushes nothing: its share of the times is a lower bound. Ends with a problem when this
process needs more than 2 GiB at its peak. The last line is one JSON object.
"""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.importing import ImportOrder, import_order, preview_order, read_order, undo_order
from anpr.runtime.clock import SystemClock
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.entries import ImportMode
from anpr.store.watchlists.lists import save_watchlist
from scripts.command import Script, finish, log
from scripts.lab.held import peak_mb

LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
MOST_MB = 2048
ROME = ZoneInfo("Europe/Rome")
CLOCK = SystemClock()
_T = TypeVar("_T")


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(1, 1_900_000), default=1_000_000, show_default=True)
@click.option("--quick", is_flag=True, help="100,000 entries.")
def main(entries: int, quick: bool) -> None:
    """Measure and print."""
    number = 100_000 if quick else entries
    with TemporaryDirectory(prefix="anpr-lists-") as folder, embedded_database(Path(folder), durable=False) as url:
        migrate(url)
        with Database(url, pool_size=4, application="benchmark") as database:
            figures = _measure(database, _content(number))
    peak = peak_mb()
    problems = [f"{peak} MB at the peak, at most {MOST_MB} are allowed"] if peak > MOST_MB else []
    finish({"entries": number, "load_average": round(os.getloadavg()[0], 1), **figures, "peak_mb": peak}, problems)


def different_plates(number: int, start: int = 0) -> Iterator[str]:
    """So many, all different, after the first `start`."""
    made = ("".join(parts) for parts in product(LETTERS, LETTERS, ("12", "34", "56"), "0123456789", LETTERS, LETTERS))
    return islice(made, start, start + number)


def _content(number: int) -> bytes:
    rows = (f"{plate};rubata in città;01/11/2026;31.12.26\r\n" for plate in different_plates(number))
    return ("Targa;Motivo;Dal;Al\r\n" + "".join(rows)).encode("cp1252")


def _measure(database: Database, content: bytes) -> dict[str, float]:
    order = ImportOrder(watchlist_id="a1", name="a1.csv", content=content, mode=ImportMode.REPLACE)
    by = Author(name="benchmark", at=datetime(2026, 11, 21, tzinfo=UTC))
    figures = {"file_mb": round(len(content) / 1e6, 1)}

    def timed(name: str, work: Callable[[], _T]) -> _T:
        began = CLOCK.monotonic()
        result = work()
        figures[name] = round(CLOCK.monotonic() - began, 1)
        log(f"{name} {figures[name]}")
        return result

    with database.transaction() as conn:
        save_watchlist(
            conn, Watchlist(id="a1", name="A1", priority=Priority.HIGH, purpose="benchmark", legal_basis="none")
        )
        read = timed("read_s", lambda: read_order(conn, order, ROME))
    for name in ("", "_again"):
        with database.transaction() as conn:
            timed(f"preview{name}_s", lambda: preview_order(conn, order, read))
        with database.transaction() as conn:
            timed(f"import{name}_s", lambda: import_order(conn, order, read, by))
    with database.transaction() as conn:
        timed("undo_s", lambda: undo_order(conn, "a1", by, 1))
    return figures


if __name__ == "__main__":
    main()
