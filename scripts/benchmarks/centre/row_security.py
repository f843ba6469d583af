# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost of row-level security: the searches of people over a month of traffic, with and without it, in turn.

    python -m scripts.benchmarks.centre.row_security [--rows 10000000] [--organisations 20] [--folder DIR]

Each question is asked as the owner of the tables (no row-level security), as the console acting for the manager that
owns all gates, and, after the gates were shared out, as the console acting for one of the organisations. `before`: the
owner with the wildcard queries as they were when the console read the dictionary of plates itself. The last line of
standard output is one JSON object: medians in ms, and ratios to the owner's.
"""

import contextlib
import statistics
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Connection, Database
from anpr.store.database.migrate import migrate
from anpr.store.database.scope import Scope
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.transits import rows as transit_rows
from scripts.benchmarks.centre.month import Month, fill, is_filled
from scripts.benchmarks.centre.queries import Ask, Kind, kinds
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

ROUNDS = 3
TODAY = datetime.now(UTC).date()
_OF_DICTIONARY = {
    "look_alikes_of(%(folded)s) p (plate)": "(SELECT plate FROM plates WHERE look_alike = %(folded)s) p",
    "plates_like(%(folded)s, %(text)s) p (plate)": (
        "(SELECT plate FROM plates WHERE look_alike LIKE %(folded)s AND plate LIKE %(text)s) p"
    ),
    "look_alikes_like(%(folded)s) p (plate)": "(SELECT plate FROM plates WHERE look_alike LIKE %(folded)s) p",
}


@click.command(cls=Script, help=__doc__)
@click.option("--rows", type=click.IntRange(30_000), default=10_000_000, show_default=True)
@click.option("--organisations", type=click.IntRange(2), default=20, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the database there, and uses what is there.")
def main(rows: int, organisations: int, folder: Path | None) -> None:
    """Measure and print."""
    month = Month(rows=rows, end=datetime.now(UTC))
    with _database(folder, month) as url:
        with Database(url, pool_size=2, application="benchmark") as owner:
            questions = list(kinds(owner, month))
        finish({"rows": rows, "organisations": organisations, **_figures(url, questions, organisations)})


@contextlib.contextmanager
def _database(folder: Path | None, month: Month) -> Iterator[str]:
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="anpr-row-security-")))
        url = stack.enter_context(embedded_database(folder, durable=False))
        migrate(url)
        with Database(url, pool_size=2) as database:
            if not is_filled(database):
                log(f"{month.rows:,} rows made in {fill(database, month):.0f} s")
        grant_roles(url)
        yield url


def _figures(url: str, questions: list[Kind], organisations: int) -> Figures:
    console = role_url(url, CentreRole.CONSOLE)
    figures: Figures = {}
    with Database(url, pool_size=2) as owner, Database(console, pool_size=2) as limited:
        _own(owner, 1)
        acting = limited.limited_to(Scope(organisation_id=MANAGER, day=TODAY))
        for kind in questions:
            figures |= compare(
                kind, {"before": _before(owner), "owner": owner.transaction, "all": acting.transaction}, "owner"
            )
        _own(owner, organisations)
        acting = limited.limited_to(Scope(organisation_id="org-1", day=TODAY))
        for kind in questions:
            figures |= compare(kind, {"owner_shared": owner.transaction, "one": acting.transaction}, "owner_shared")
    return figures


Transaction = Callable[[], contextlib.AbstractContextManager[Connection]]


def compare(kind: Kind, ways: Mapping[str, Transaction], against: str) -> Figures:
    """Medians of the warm answers, each question asked in every way before the next one; ratios to one of the ways."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(ROUNDS + 1):
        for ask in kind.questions:
            for way, transaction in ways.items():
                took = _ms(transaction, ask)
                if number:
                    taken[way].append(took)
    medians = {way: statistics.median(times) for way, times in taken.items()}
    base = medians[against]
    log(f"{kind.name}: " + ", ".join(f"{way} {ms:.2f} ms ({ms / base:.2f})" for way, ms in medians.items()))
    figures: Figures = {f"{kind.name}_{way}_ms": round(ms, 2) for way, ms in medians.items()}
    return figures | {f"{kind.name}_{way}_ratio": round(ms / base, 2) for way, ms in medians.items()}


def _ms(transaction: Transaction, ask: Ask) -> float:
    began = CLOCK.monotonic()
    with transaction() as conn:
        ask(conn)
    return (CLOCK.monotonic() - began) * 1000


def _before(owner: Database) -> Transaction:
    """The owner's transactions, in which wildcards are looked up in the dictionary itself."""
    now = transit_rows._SQL

    def old(query: bytes) -> bytes:
        text = query.decode()
        for new, earlier in _OF_DICTIONARY.items():
            text = text.replace(new, earlier)
        return text.encode()

    earlier: Any = {name: old(query) for name, query in now.items()}

    @contextlib.contextmanager
    def transaction() -> Iterator[Connection]:
        transit_rows._SQL = earlier
        try:
            with owner.transaction() as conn:
                yield conn
        finally:
            transit_rows._SQL = now

    return transaction


def _own(owner: Database, organisations: int) -> None:
    """The gates that transits name, each of one of so many organisations; with one, all of them the manager's."""
    with owner.transaction() as conn:
        for number in range(1, organisations):
            conn.execute(
                "INSERT INTO organisations (id, name, kind) VALUES (%s, %s, 'municipality') ON CONFLICT DO NOTHING",
                (f"org-{number}", f"Comune {number}"),
            )
        conn.execute(
            "INSERT INTO gates (id, name, purpose, legal_basis, cameras)"
            " SELECT DISTINCT gate_id, gate_id, 'p', 'l', '[]'::jsonb FROM transits"
            " WHERE captured_at > (SELECT max(captured_at) - interval '1 day' FROM transits) ON CONFLICT DO NOTHING"
        )
        rows = conn.execute("SELECT id FROM gates ORDER BY id").fetchall()
        for number, row in enumerate(rows):
            place = number % organisations
            owner_id = f"org-{place}" if place else MANAGER
            conn.execute("UPDATE gates SET organisation_id = %s WHERE id = %s", (owner_id, row["id"]))
        conn.execute("ANALYZE gates, organisations, agreements")


if __name__ == "__main__":
    main()
