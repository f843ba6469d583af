# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time of a list's pages with a million entries: the whole answer of a running console, by kind of question.

    python -m scripts.benchmarks.centre.list_pages [--entries 1000000] [--asked 40] [--quick]

A real PostgreSQL in a temporary folder, `anpr console` as a process of its own with the console's rights, a list
manager.
The list is filled by an import, whose time is told too. The last line is one JSON object; status 1 when the 95th
percentile of all pages is above WANTED_P95_MS.
"""

import random
import statistics
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx

from anpr.domain.access import Role
from anpr.domain.watchlist import Priority, Watchlist
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from scripts.benchmarks.common import CLOCK, Figures, timed
from scripts.command import Script, finish, log
from scripts.lab.console import console_process, form_token

WANTED_P95_MS = 200.0
ENTRIES, ASKED = 1_000_000, 40
QUICK = (50_000, 10)
"""Entries, questions of each kind."""
USER, PASSWORD = "manager", "a long pass phrase"
LIST = "rubati"
_LETTERS = "ABCDEFGHJKLMNPRSTVWXYZ"
_WHY = ("furto denunciato", "segnalazione della Questura", "sequestro non eseguito", "veicolo radiato")


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(1000), default=ENTRIES, show_default=True)
@click.option("--asked", type=click.IntRange(5), default=ASKED, show_default=True, help="Questions of each kind.")
@click.option("--quick", is_flag=True, help="50,000 entries, 10 questions of each kind.")
def main(entries: int, asked: int, quick: bool) -> None:
    """Fill the list, ask, print."""
    entries, asked = (min(entries, QUICK[0]), QUICK[1]) if quick else (entries, asked)
    figures = measure_list_pages(entries, asked)
    finish({"entries": entries, "asked_each": asked} | figures, slow_pages(figures))


def measure_list_pages(entries: int, asked: int) -> Figures:
    """Time of a list's import (s) and of its pages (ms) by kind of question; `list_page_p95_ms` of all of them."""
    with TemporaryDirectory(prefix="anpr-list-pages-") as name, embedded_database(Path(name) / "postgres") as url:
        migrate(url)
        grant_roles(url)
        figures: Figures = {}
        with Database(url, pool_size=2, application="benchmark") as database:
            figures["import_s"] = round(_fill(database, entries), 1)
            log(f"{entries:,} entries imported in {figures['import_s']} s")
        with console_process(Path(name), role_url(url, CentreRole.CONSOLE)) as address:
            return figures | _measure(address, asked)


def slow_pages(figures: Figures) -> list[str]:
    """What is slower than is wanted."""
    slow = figures["list_page_p95_ms"]
    return [f"list_page_p95_ms: {slow}"] if isinstance(slow, float) and slow > WANTED_P95_MS else []


def _fill(database: Database, entries: int) -> float:
    drawn, now = random.Random(41), CLOCK.now()

    def entry(number: int) -> NewEntry:
        late = drawn.random()
        return NewEntry(
            plate=_plate(number),
            reason=f"{drawn.choice(_WHY)} il {drawn.randint(1, 28):02}/11/2026, prot. {number}/2026",
            valid_from=now + timedelta(days=3) if late > 0.98 else None,
            valid_to=now - timedelta(days=3) if late < 0.1 else None,
        )

    rows = [entry(number) for number in drawn.sample(range(22**2 * 1000 * 22), entries)]
    with database.transaction() as conn:
        create_user(conn, User(name=USER, role=Role.LIST_MANAGER, password_hash=hash_password(PASSWORD)))
        wanted = Watchlist(id=LIST, name="Rubati", priority=Priority.HIGH, purpose="p", legal_basis="l")
        save_watchlist(conn, wanted)
    with database.transaction() as conn:
        took = timed(lambda: import_entries(conn, LIST, rows))
    with database.connect(autocommit=True) as conn:
        conn.execute("VACUUM ANALYZE entries")
    return took


def _plate(number: int) -> str:
    number, last = divmod(number, 22)
    number, digits = divmod(number, 1000)
    first, second = divmod(number, 22)
    return f"{_LETTERS[first]}{_LETTERS[second]}{digits:03}{_LETTERS[last]}{_LETTERS[(first * 7 + last) % 22]}"


def _measure(address: str, asked: int) -> Figures:
    figures: Figures = {}
    everything: list[float] = []
    with httpx.Client(base_url=address, timeout=120) as client:
        form = {"form_token": form_token(client, "/login"), "user": USER, "password": PASSWORD, "back": "/"}
        client.post("/login", data=form)
        for name, questions in _kinds(client, asked):
            times = [_ms(question) for question in questions]
            everything += times
            cuts = statistics.quantiles(times, n=20)
            log(f"{name}: n {len(times)}, p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms, slowest {max(times):.0f} ms")
            figures |= {f"{name}_p50_ms": round(cuts[9], 1), f"{name}_p95_ms": round(cuts[18], 1)}
    cuts = statistics.quantiles(everything, n=20)
    return figures | {
        "pages": len(everything),
        "pages_p50_ms": round(cuts[9], 1),
        "list_page_p95_ms": round(cuts[18], 1),
        "pages_max_ms": round(max(everything), 1),
    }


Question = Callable[[], object]


def _kinds(client: httpx.Client, asked: int) -> Iterator[tuple[str, list[Question]]]:
    drawn = random.Random(7)
    plates = [_plate(drawn.randrange(22**2 * 1000 * 22)) for _ in range(asked)]
    list_page = f"/watchlists/{LIST}"
    token = form_token(client, list_page)

    def get(path: str) -> Question:
        return lambda: client.get(path).raise_for_status()

    def search(**fields: str) -> Question:
        """The search is recorded before; its result is what is measured."""
        answer = client.post(f"{list_page}/search", data={"form_token": token, "plate": "", "text": "", **fields})
        return get(answer.headers["location"])

    yield "first_page", [get(list_page) for _ in range(asked)]
    yield "deep_page", [get(f"{list_page}?before={drawn.randrange(100, 900_000)}") for _ in range(asked)]
    yield "exact", [search(plate=plate) for plate in plates]
    yield "prefix_2", [search(plate=f"{plate[:2]}*") for plate in plates]
    yield "prefix_4", [search(plate=f"{plate[:4]}*") for plate in plates]
    yield "one_unknown", [search(plate=f"{plate[:3]}?{plate[4:]}") for plate in plates]
    yield "suffix_4", [search(plate=f"*{plate[-4:]}") for plate in plates]
    yield "middle", [search(plate=f"*{plate[2:6]}*") for plate in plates]
    yield "end", [search(plate=f"*{plate[4:]}") for plate in plates]
    yield "no_such_end", [search(plate=f"*{plate[4]}QQ") for plate in plates]
    yield "protocol", [search(text=f"prot. {drawn.randrange(10**6)}/2026") for _ in range(asked)]
    yield "common_word", [search(text="furto denunciato") for _ in range(asked)]
    yield "no_such_word", [search(text=f"rapina {number}") for number in range(asked)]
    for when in ("now", "coming", "ended"):
        yield when, [get(f"{list_page}?when={when}") for _ in range(asked)]
    yield "ended_prefix", [search(plate=f"{plate[:2]}*", when="ended") for plate in plates]
    yield "table_of_lists", [get("/watchlists") for _ in range(asked)]


def _ms(question: Question) -> float:
    return timed(question) * 1000


if __name__ == "__main__":
    main()
