# SPDX-License-Identifier: AGPL-3.0-or-later
"""Latency of a live alarm on a screen: from the commit that raises it to an SSE client of a running console, and from
the frame at the gate.

    python -m scripts.benchmarks.centre.alarm_screen [--quick] [--entries 1000000] [--boards 50] [--before CHECKOUT]

A real PostgreSQL in a temporary folder, `anpr console` as a process of its own, an operator's stream. First live alarms
alone, one after the other; then ten beside each import: the first right behind its 200 alarms from the past, the others
while the console still works on them. Then --boards boards at once, with 20 alarms a second for --board-seconds, and
the page with 5,000 open alarms; the console's memory before and behind them (`console_rss_…_mb`). --part runs one
alone: `--part boards --board-seconds 60`. `beside_import_added_max_ms`: what an import added to the slowest live alarm,
over the median without one. With --before, this benchmark of another checkout is run first, with its own
migrations. At the end the demo with four cameras (`scripts.benchmarks.gate_to_board`; `missed` counts both), and the
cost preview of a list over a week of 400,000 transits a day (`scripts.benchmarks.centre.list_cost`; --quick: 20,000),
what partial plates add to matching (`partial_ratio`), and the pages of a list (`list_page_p95_ms`; --quick: 50,000
entries).
The last line is one JSON object; status 1 when a figure of this console is not as it is wanted.
"""

import re
import statistics
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx

from anpr.domain.access import Role
from anpr.domain.transit import Transit
from anpr.runtime.clock import new_id
from anpr.store.alarms.raising import raise_alarms
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.transits.rows import insert_transits
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from anpr.store.watchlists.matching import matching_entries
from scripts.benchmarks.centre.alarm_boards import (
    OPEN_ALARMS,
    Load,
    beyond_wanted,
    measure_boards,
    measure_full_board,
)
from scripts.benchmarks.centre.list_cost import A_DAY, ENTRIES, QUICK, measure_preview, slow_previews
from scripts.benchmarks.centre.list_pages import ASKED, measure_list_pages, slow_pages
from scripts.benchmarks.centre.list_pages import QUICK as QUICK_PAGES
from scripts.benchmarks.centre.partial_plates import PARTIAL, measure_partial
from scripts.benchmarks.centre.workload import LISTED_PLATE, Workload, fill_watchlists, of_its_own
from scripts.benchmarks.common import CLOCK, Figures, figures_before
from scripts.benchmarks.gate_to_board import late_at_gate, measure_gate
from scripts.command import Script, finish, log
from scripts.lab.console import PASSWORD, form_token, running_console

USER = "operator"
PARTS = ("screen", "boards", "gate", "preview", "lists")
BOARD_ALARMS_PER_S = 20.0
GATE_CAMERAS = 4
RETRO_ALARMS = 200
"""As many as one change of the lists may raise (ingest.retro_per_change)."""
WANTED_P99_MS = 100.0
"""From the row to the operator's screen, also while an import raises alarms from the past."""
_BESIDE = 10
"""Live alarms beside one import, _EVERY_S apart."""
_EVERY_S = 0.1
_REST_S = 5.0
"""Behind an import, so that the console has sent all of it when the next one comes."""
_LATE_S = 60.0
_WARM = 10
"""Alarms before those that are measured: everybody reads what they read once."""
_NEVER = threading.Event()


@click.command(cls=Script, help=__doc__)
@click.option("--entries", type=click.IntRange(1), default=1_000_000, show_default=True, help="On the watchlists.")
@click.option("--alarms", type=click.IntRange(2), help="Live ones [200; quick: 50].")
@click.option("--boards", type=click.IntRange(1), help="Open at once [50; quick: 20].")
@click.option("--board-seconds", type=click.IntRange(1), help="Of alarms before them [600; quick: 20].")
@click.option("--quick", is_flag=True, help="Fewer alarms, imports and boards, 200,000 entries: within eight minutes.")
@click.option(
    "--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this; may be given several times [all]."
)
@click.option("--before", type=click.Path(exists=True, path_type=Path), help="Checkout that is measured first.")
def main(  # noqa: PLR0913, PLR0917  one for each option
    entries: int,
    alarms: int | None,
    boards: int | None,
    board_seconds: int | None,
    quick: bool,
    parts: tuple[str, ...],
    before: Path | None,
) -> None:
    """Fill the lists, measure each console, print the figures."""
    wanted = parts or PARTS
    amount = alarms or (50 if quick else 200)
    entries = min(entries, 200_000) if quick else entries
    figures: Figures = {"entries": entries, "screen_alarms": amount}
    if before is not None:
        options = ["--entries", str(entries), "--alarms", str(amount)] + ["--quick"] * quick
        figures |= figures_before(before, "scripts.benchmarks.centre.alarm_screen", options)
    if {"screen", "boards"} & set(wanted):
        with _filled(entries) as (folder, url, database), running_console(folder, url) as (address, pid):
            if "screen" in wanted:
                with _Screen(address) as screen:
                    figures |= _measure(database, screen, amount, 3 if quick else 10)
            if "boards" in wanted:
                number = int(BOARD_ALARMS_PER_S * (board_seconds or (20 if quick else 600)))
                figures |= _measure_boards(database, address, pid, boards or (20 if quick else 50), number)
    if "gate" in wanted:
        figures |= _with_missed(figures, measure_gate(GATE_CAMERAS, quick=quick))
    if "preview" in wanted:
        figures |= measure_preview(*(QUICK if quick else (A_DAY, ENTRIES)))
    if "lists" in wanted:
        figures |= measure_partial(entries, PARTIAL)
        figures |= measure_list_pages(*(QUICK_PAGES if quick else (entries, ASKED)))
    finish(figures, [] if quick else _problems(figures))


@contextmanager
def _filled(entries: int) -> Iterator[tuple[Path, str, Database]]:
    """A folder, and a database with so many entries and an operator, as long as the context lasts."""
    with TemporaryDirectory(prefix="anpr-benchmark-") as name, embedded_database(Path(name) / "postgres") as url:
        migrate(url)
        with Database(url, pool_size=2, application="benchmark") as database:
            fill_watchlists(database, entries)
            with database.transaction() as conn:
                create_user(conn, User(name=USER, role=Role.OPERATOR, password_hash=hash_password(PASSWORD)))
            log(f"{entries} entries on the watchlists")
            yield Path(name), url, database


def _problems(figures: Figures) -> list[str]:
    late = late_at_gate(figures) if "gate_n" in figures else []
    gate = [problem for problem in late if not problem.startswith("missed")]
    previews = slow_previews(figures) if "preview_s" in figures else []
    pages = slow_pages(figures) if "list_page_p95_ms" in figures else []
    return [*_too_late(figures), *beyond_wanted(figures), *gate, *previews, *pages]


def _with_missed(boards: Figures, gate: Figures) -> Figures:
    """The gate's figures, with what the boards missed and what it missed as one number."""
    missed = [each.get("missed", 0) for each in (boards, gate)]
    return gate | {"missed": sum(each for each in missed if isinstance(each, int))}


def _measure(database: Database, screen: "_Screen", alarms: int, imports: int) -> Figures:
    transits = Workload(number=_WARM + alarms + imports * (RETRO_ALARMS + _BESIDE), end=CLOCK.now()).transits()
    for _ in range(_WARM):
        _delay_ms(database, screen, next(transits))
    alone = _one_by_one(database, screen, islice(transits, alarms))
    beside = []
    for _ in range(imports):
        _raise(database, list(islice(transits, RETRO_ALARMS)), retro=True)
        beside += _one_by_one(database, screen, islice(transits, _BESIDE))
        CLOCK.wait(_NEVER, _REST_S)
    added = max(beside) - statistics.median(alone)
    figures = _percentiles("screen", alone) | _percentiles("beside_import", beside)
    return figures | {"beside_import_added_max_ms": round(added, 1)}


def _measure_boards(database: Database, address: str, pid: int, boards: int, number: int) -> Figures:
    transits = Workload(number=number + 2 * OPEN_ALARMS, end=CLOCK.now()).transits()

    def raise_all(passed: Sequence[Transit]) -> list[tuple[int, float]]:
        ids, at = _raise_all(database, passed)
        return [(each, at) for each in ids]

    load = Load(boards=boards, number=number, per_s=BOARD_ALARMS_PER_S, console_mb=lambda: _console_mb(pid))
    before_mb = _console_mb(pid)
    measured = measure_boards(database, address, raise_all, transits, load)
    measured |= {"console_rss_before_mb": before_mb, "console_rss_after_mb": _console_mb(pid)}
    return measured | measure_full_board(database, address, USER, raise_all, transits)


def _console_mb(pid: int) -> float:
    """Resident memory of a process, from /proc (proc(5), Linux)."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
    return round(int(found[1]) / 1024, 1) if found else 0.0


def _one_by_one(database: Database, screen: "_Screen", transits: Iterable[Transit]) -> list[float]:
    """The delay of each in ms."""
    delays = []
    for transit in transits:
        delays.append(_delay_ms(database, screen, transit))
        CLOCK.wait(_NEVER, _EVERY_S)
    return delays


def _percentiles(name: str, delays: Sequence[float]) -> Figures:
    cuts = statistics.quantiles(delays, n=100)
    log(f"{name}: {len(delays)} alarms, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, slowest {max(delays):.1f} ms")
    return {
        f"{name}_p50_ms": round(cuts[49], 1),
        f"{name}_p99_ms": round(cuts[98], 1),
        f"{name}_max_ms": round(max(delays), 1),
    }


def _too_late(figures: Figures) -> list[str]:
    """The percentiles of this checkout's console that are above what is wanted."""
    names = ("screen_p99_ms", "beside_import_p99_ms", "beside_import_added_max_ms")
    late = {name: figures[name] for name in names if name in figures}
    return [
        f"{name}: {ms} ms, wanted at most {WANTED_P99_MS:.0f}"
        for name, ms in late.items()
        if isinstance(ms, float) and ms > WANTED_P99_MS
    ]


def _delay_ms(database: Database, screen: "_Screen", transit: Transit) -> float:
    alarm_id, committed_at = _raise(database, [transit])
    return 1000 * (screen.wait_for(alarm_id) - committed_at)


def _raise(database: Database, transits: Sequence[Transit], *, retro: bool = False) -> tuple[int, float]:
    """Store the transits with a listed plate and raise their alarms, as ingest does.

    Returns the last alarm's id, and when its commit began (monotonic seconds).
    """
    ids, at = _raise_all(database, transits, retro=retro)
    return ids[-1], at


def _raise_all(database: Database, transits: Sequence[Transit], *, retro: bool = False) -> tuple[list[int], float]:
    """The same, with the ids of all alarms."""
    now = CLOCK.now()
    listed = [replace(transit, id=new_id(now), plate=LISTED_PLATE, captured_at=now) for transit in transits]
    with database.transaction() as conn:
        insert_transits(conn, listed, now)
        hits = [of_its_own(hit) for hit in matching_entries(conn, listed)]
        raised = raise_alarms(conn, hits, now, retro=retro).alarms
        return [alarm.id for alarm in raised], CLOCK.monotonic()


class _Screen:
    """An operator's stream of alarms: when each alarm's card arrived."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=_LATE_S)
        self._arrived: dict[int, float] = {}
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, name="screen", daemon=True)

    def __enter__(self) -> "_Screen":
        form = {"form_token": form_token(self._client, "/login"), "user": USER, "password": PASSWORD, "back": "/"}
        assert self._client.post("/login", data=form).status_code == 303
        while self._client.get("/readyz").status_code != 200:
            CLOCK.wait(_NEVER, _EVERY_S)
        self._thread.start()
        self.wait_for(0)
        return self

    def __exit__(self, *_: object) -> None:
        """The thread ends with the stream, which the console closes when it stops."""

    def wait_for(self, alarm_id: int) -> float:
        """When it arrived (monotonic seconds); 0 stands for the beginning of the stream."""
        with self._changed:
            if not self._changed.wait_for(lambda: alarm_id in self._arrived, _LATE_S):
                raise SystemExit(f"alarm {alarm_id} did not reach the screen within {_LATE_S:.0f} s")
            return self._arrived[alarm_id]

    def _read(self) -> None:
        with self._client.stream("GET", "/alarms/stream") as answer:
            for line in answer.iter_lines():
                found = re.search(r'data-alarm="(\d+)"', line) or re.match(r"event: ready()", line)
                if found:
                    with self._changed:
                        self._arrived.setdefault(int(found[1] or 0), CLOCK.monotonic())
                        self._changed.notify_all()


if __name__ == "__main__":
    main()
