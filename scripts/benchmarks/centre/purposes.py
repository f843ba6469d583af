# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost of partitions by purpose: the searches of people over a month, before and after, in turn; and of the migration.

    python -m scripts.benchmarks.centre.purposes [--rows 2000000] [--folder DIR]

Three databases of one server hold the same month. `before`: the schema until migration 35, a partition a day. `after`:
the newest schema with gates that name no purpose, a partition a day as well. `purposes`: the newest schema with gates
of three purposes, three partitions a day. Each question is asked in each of them before the next one. The migration is
timed on a copy of the first. The last line of standard output is one JSON object: medians in ms, ratios to `before`.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import click
import psycopg

from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate, read_migrations
from anpr.store.embedded.cluster import embedded_database
from scripts.benchmarks.centre.month import Month, fill
from scripts.benchmarks.centre.queries import kinds
from scripts.benchmarks.centre.row_security import compare
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

PURPOSES = 3
LAST_BEFORE = 35
"""The last migration before purposes had partitions."""


@click.command(cls=Script, help=__doc__)
@click.option("--rows", type=click.IntRange(30_000), default=2_000_000, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the databases there, and uses what is there.")
def main(rows: int, folder: Path | None) -> None:
    """Measure and print."""
    month = Month(rows=rows, end=datetime.now(UTC))
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="anpr-purposes-")))
        url = stack.enter_context(embedded_database(folder, durable=False))
        urls = {way: _filled(url, way, month) for way in ("before", "after", "purposes")}
        figures: Figures = {"rows": rows, "purposes": PURPOSES, **_migration(url, urls["before"])}
        databases = {way: stack.enter_context(Database(each, pool_size=2)) for way, each in urls.items()}
        questions = list(kinds(databases["before"], month))
        ways = {way: database.transaction for way, database in databases.items()}
        for kind in questions:
            figures |= compare(kind, ways, "before")
    finish(figures)


def _filled(url: str, name: str, month: Month) -> str:
    """The address of the database, made and filled unless it is there."""
    own = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    with psycopg.connect(url, autocommit=True) as conn:
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
            return own
        conn.execute(f"CREATE DATABASE {name}".encode())
    newest = LAST_BEFORE if name == "before" else read_migrations()[-1].version
    migrate(own, [each for each in read_migrations() if each.version <= newest])
    with Database(own, pool_size=2) as database:
        seconds = fill(database, month, PURPOSES if name == "purposes" else 0)
        log(f"{name}: {month.rows:,} rows made in {seconds:.0f} s")
    return own


def _migration(url: str, before: str) -> Figures:
    """Seconds that the step takes on a copy, whose pages are in memory, and what it takes on disk."""
    with _copy(url, before) as own:
        with Database(own, pool_size=1) as database, database.transaction() as conn:
            written = conn.execute("SELECT pg_current_wal_insert_lsn()::text AS at").fetchone() or {}
        began = CLOCK.monotonic()
        migrate(own, [each for each in read_migrations() if each.version <= LAST_BEFORE + 1])
        seconds = CLOCK.monotonic() - began
        with Database(own, pool_size=1) as database, database.transaction() as conn:
            row = conn.execute(
                "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s::pg_lsn)::bigint AS n", [written["at"]]
            ).fetchone()
    log(f"the migration took {seconds:.2f} s and wrote {row['n'] if row else 0:,} bytes of WAL")
    return {"migration_s": round(seconds, 2), "migration_wal_bytes": int(row["n"]) if row else 0}


@contextlib.contextmanager
def _copy(url: str, before: str) -> Iterator[str]:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(b"DROP DATABASE IF EXISTS migrated")
        conn.execute(f"CREATE DATABASE migrated TEMPLATE {urlsplit(before).path[1:]}".encode())
        yield urlunsplit(urlsplit(url)._replace(path="/migrated"))
        conn.execute(b"DROP DATABASE migrated")


if __name__ == "__main__":
    main()
