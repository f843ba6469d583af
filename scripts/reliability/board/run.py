# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms arrive on the alarm board under an operator's hand: how many clicks go wrong, how many letters are lost?

    python -m scripts.reliability.board.run [--arrivals 1000] [--quick] [--checkout FOLDER]

A real PostgreSQL in a temporary folder, `anpr console` as a process of its own, a real browser (chromium). Half
of the alarms come while a note is written, half while the pointer rests on a button that is then pressed. Wanted: 0 and
0; else the exit status is 1. Then the board is fetched with 5,000 open alarms: its bytes on the wire, and the time of
an answer. --checkout tries the console of another version, with its own migrations. The last line is one JSON object.
"""

import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx
from playwright.sync_api import Page

from anpr.domain.access import Role
from anpr.runtime.clock import new_id
from anpr.store.alarms.raising import raise_alarms
from anpr.store.database.connection import Database
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from anpr.store.watchlists.matching import matching_entries
from scripts.benchmarks.centre.workload import LISTED_PLATE, Workload, fill_watchlists, of_its_own
from scripts.benchmarks.common import CLOCK
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.browser import chromium, chromium_path, italian_context
from scripts.lab.console import console_process
from scripts.lab.processes import python
from scripts.reliability.board.hand import ALARMS_BEFORE, HandFigures, work_while_alarms_come
from scripts.repository import REPOSITORY

USER, PASSWORD = "operator", "a long pass phrase"
OPEN_ALARMS = 5_000
_ENTRIES = 1_000
_FETCHES = 15
_WITHIN_MS = 60_000


@click.command(cls=Script, help=__doc__)
@click.option("--arrivals", type=click.IntRange(2), help="Alarms that arrive [1000; quick: 100].")
@click.option("--quick", is_flag=True, help="100 arrivals: within a minute.")
@click.option("--checkout", type=click.Path(exists=True, path_type=Path), default=REPOSITORY, help="Whose console.")
def main(arrivals: int | None, quick: bool, checkout: Path) -> None:
    """Start everything, let the alarms arrive, and count."""
    program = chromium_path()
    if program is None:
        raise CannotRunError("chromium is not installed here: nobody can look at the board")
    amount = arrivals or (100 if quick else 1_000)
    with TemporaryDirectory(prefix="anpr-board-") as name, embedded_database(Path(name) / "postgres") as url:
        _migrate(url, Path(name), checkout)
        with Database(url, pool_size=2, application="board") as database:
            room = _Room(database, amount + ALARMS_BEFORE + OPEN_ALARMS)
            room.arrive(ALARMS_BEFORE)
            with console_process(Path(name), url, checkout) as address, chromium(program) as browser:
                page = italian_context(browser, 1366, 768).new_page()
                page.set_default_timeout(_WITHIN_MS)
                _open_board(page, address)
                hand = work_while_alarms_come(page, room.arrive, amount)
                page.context.close()
                log(f"{hand.wrong_clicks} of {hand.clicks} clicks wrong")
                log(f"{hand.lost_letters} of {hand.letters} letters lost")
                room.arrive(OPEN_ALARMS - ALARMS_BEFORE - amount, at_once=True)
                board = _fetch_board(address)
    finish({**asdict(hand), **board}, _problems(hand))


def _problems(hand: HandFigures) -> list[str]:
    found = {"clicks took another alarm": hand.wrong_clicks, "letters were lost": hand.lost_letters}
    return [f"{number} {what}" for what, number in found.items() if number]


class _Room:
    """Vehicles of a watchlist that pass, one after the other."""

    def __init__(self, database: Database, most: int) -> None:
        self._database = database
        self._transits = Workload(number=most, end=CLOCK.now()).transits()
        fill_watchlists(database, _ENTRIES)
        with database.transaction() as conn:
            create_user(conn, User(name=USER, role=Role.OPERATOR, password_hash=hash_password(PASSWORD)))

    def arrive(self, number: int, *, at_once: bool = False) -> None:
        """So many alarms are raised, each in a transaction of its own, as ingest does; or all in one."""
        for size in [number] if at_once else [1] * number:
            now = CLOCK.now()
            transits = [
                replace(next(self._transits), id=new_id(now), plate=LISTED_PLATE, captured_at=now) for _ in range(size)
            ]
            with self._database.transaction() as conn:
                insert_transits(conn, transits, now)
                raise_alarms(conn, [of_its_own(hit) for hit in matching_entries(conn, transits)], now)


def _migrate(url: str, folder: Path, checkout: Path) -> None:
    environment = {"DATABASE_URL": url, "ANPR_DATA_DIR": str(folder), "PATH": "/usr/bin:/bin"}
    subprocess.run(
        python("-m", "anpr", "db", "migrate"), cwd=checkout, env=environment, check=True, capture_output=True
    )


def _open_board(page: Page, address: str) -> None:
    page.goto(f"{address}login")
    page.get_by_label("Nome utente").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form.panel button.primary").click()
    page.locator("#live:visible").wait_for()
    page.goto(f"{address}alarms?view=cards")  # where a form stands under the hand
    page.locator("#live:visible").wait_for()


def _fetch_board(address: str) -> dict[str, float]:
    """Bytes on the wire, and the median time of an answer (ms)."""
    with httpx.Client(base_url=address, timeout=60) as client:
        token = client.get("/login").text.partition('form_token" value="')[2].partition('"')[0]
        client.post("/login", data={"form_token": token, "user": USER, "password": PASSWORD})
        sizes, times = zip(*(_fetch(client) for _ in range(_FETCHES)), strict=True)
    return {"board_bytes": statistics.median(sizes), "board_ms": round(statistics.median(_warm(times)), 1)}


def _fetch(client: httpx.Client) -> tuple[int, float]:
    began = CLOCK.monotonic()
    with client.stream("GET", "/alarms", headers={"Accept-Encoding": "gzip"}) as answer:
        size = sum(map(len, answer.iter_raw()))
    return size, 1000 * (CLOCK.monotonic() - began)


def _warm(times: Sequence[float]) -> Sequence[float]:
    return times[3:]


if __name__ == "__main__":
    main()
