# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many boards at once, and a board with thousands of open alarms: part of the benchmark of alarms on a screen.

Every board is an operator's stream of rows. What counts is the time from the commit that raises an alarm to its row at
the client, for each alarm and each board, and which rows did not come at all.
"""

import re
import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import httpx

from anpr.console.live_alarms import PER_SESSION
from anpr.domain.access import Role
from anpr.domain.transit import Transit
from anpr.store.database.connection import Database
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import log

PASSWORD = "a long pass phrase"
OPEN_ALARMS = 5_000
WANTED_P99_MS = 100.0
WANTED_KB = 60.0
WANTED_MS = 200.0
_AT_THE_END_S = 30.0
"""A row that has not come so long after the last alarm is missed."""
_FETCHES = 40
_WARM = 5
_NEVER = threading.Event()
_ROW = re.compile(r'<article class="alarm-row[^>]* data-alarm="(\d+)"')

Raise = Callable[[Sequence[Transit]], list[tuple[int, float]]]
"""Raises an alarm for each transit in one transaction: their ids, and when the commit began (monotonic seconds)."""


def logged_in(address: str, user: str) -> httpx.Client:
    """A client with a session of this user, whose password is PASSWORD."""
    client = httpx.Client(base_url=address, timeout=60, limits=httpx.Limits(max_connections=None))
    token = re.search(r'form_token" value="(\w+)', client.get("/login").text)
    assert token
    form = {"form_token": token[1], "user": user, "password": PASSWORD, "back": "/"}
    assert client.post("/login", data=form).status_code == 303
    return client


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many boards are open, and `number` alarms come, `per_s` of them a second."""

    boards: int
    number: int
    per_s: float


def measure_boards(
    database: Database, address: str, raise_all: Raise, transits: Iterator[Transit], load: Load
) -> Figures:
    """From the commits to the rows on all boards."""
    _make_users(database, load.boards)
    committed: dict[int, float] = {}
    with _opened(address, load.boards) as screens:
        for _ in range(_WARM):
            raise_all([next(transits)])
            CLOCK.wait(_NEVER, 1.0)
        began = CLOCK.monotonic()
        for index in range(load.number):
            committed.update(raise_all([next(transits)]))
            CLOCK.wait(_NEVER, max(0.0, began + (index + 1) / load.per_s - CLOCK.monotonic()))
        took = CLOCK.monotonic() - began
        until = CLOCK.monotonic() + _AT_THE_END_S
        while CLOCK.monotonic() < until and any(committed.keys() - screen.arrived.keys() for screen in screens):
            CLOCK.wait(_NEVER, 0.2)
        arrived = [dict(screen.arrived) for screen in screens]
    delays = [1000 * (rows[number] - at) for rows in arrived for number, at in committed.items() if number in rows]
    cuts = statistics.quantiles(delays, n=100)
    missed = sum(len(committed.keys() - rows.keys()) for rows in arrived)
    log(f"{load.boards} boards: p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, {missed} rows missed")
    return {
        "boards": load.boards,
        "board_alarms": load.number,
        "board_alarms_per_s": round(load.number / took, 1),
        "row_to_board_p50_ms": round(cuts[49], 1),
        "row_to_board_p99_ms": round(cuts[98], 1),
        "row_to_board_max_ms": round(max(delays), 1),
        "missed": missed,
    }


def measure_full_board(
    database: Database, address: str, user: str, raise_all: Raise, transits: Iterator[Transit]
) -> Figures:
    """The page with OPEN_ALARMS open ones: KB on the wire (gzip), and ms of a whole answer on this machine."""
    _leave_open(database, raise_all, transits)
    with closing(logged_in(address, user)) as client:
        fetched = [_fetch(client) for _ in range(_WARM + _FETCHES)][_WARM:]
    sizes, times = zip(*fetched, strict=True)
    p95 = statistics.quantiles(times, n=20)[18]
    log(f"board of {OPEN_ALARMS}: {max(sizes) / 1000:.1f} KB, p95 {p95:.1f} ms of {len(times)}")
    return {
        "board_5000_kb": round(max(sizes) / 1000, 1),
        "board_5000_ms": round(p95, 1),
        "board_5000_p50_ms": round(statistics.median(times), 1),
        "board_5000_n": len(times),
    }


def beyond_wanted(figures: Figures) -> list[str]:
    """Which of these figures are not as they are wanted."""
    most = {"row_to_board_p99_ms": WANTED_P99_MS, "missed": 0, "board_5000_kb": WANTED_KB, "board_5000_ms": WANTED_MS}
    found = ((name, figures[name], limit) for name, limit in most.items())
    return [
        f"{name}: {value}, wanted at most {limit}"
        for name, value, limit in found
        if isinstance(value, float | int) and value > limit
    ]


class _Board:
    """One stream of rows: when each alarm's row came first (monotonic seconds)."""

    def __init__(self, client: httpx.Client) -> None:
        self.arrived: dict[int, float] = {}
        self.ready = threading.Event()
        self._is_over = False
        self._client = client
        self._thread = threading.Thread(target=self._read, name="board", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """From now on its stream may break off."""
        self._is_over = True

    def _read(self) -> None:
        """Until the console or the client is closed."""
        try:
            with self._client.stream("GET", "/alarms/stream", params={"view": "rows"}) as answer:
                for line in answer.iter_lines():
                    if line.startswith("event: ready"):
                        self.ready.set()
                    elif "<article" in line and (found := _ROW.search(line)):
                        self.arrived.setdefault(int(found[1]), CLOCK.monotonic())
        except httpx.HTTPError as error:  # what it did not show counts as missed
            if not self._is_over:
                log(f"a board's stream ended: {error}")


@contextmanager
def _opened(address: str, number: int) -> Iterator[list[_Board]]:
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(logged_in(address, name))) for name in _names(number)]
        boards = [_Board(clients[index // PER_SESSION]) for index in range(number)]
        for board in boards:
            stack.callback(board.end)
            assert board.ready.wait(60), "a board's stream did not begin"
        yield boards


def _names(boards: int) -> list[str]:
    return [f"board-{index}" for index in range(-(-boards // PER_SESSION))]


def _make_users(database: Database, boards: int) -> None:
    kept = hash_password(PASSWORD)
    with database.transaction() as conn:
        for name in _names(boards):
            create_user(conn, User(name=name, role=Role.OPERATOR, password_hash=kept))


def _leave_open(database: Database, raise_all: Raise, transits: Iterator[Transit]) -> None:
    """So many as are wanted and no more: the oldest are closed."""
    raise_all([next(transits) for _ in range(OPEN_ALARMS)])
    close = """
        UPDATE alarms SET state = 'closed', closed_by = 'benchmark', closed_at = now(), outcome = 'other',
            acknowledged_by = 'benchmark', acknowledged_at = now()
        WHERE state <> 'closed' AND NOT retro AND id NOT IN
            (SELECT id FROM alarms WHERE state <> 'closed' AND NOT retro ORDER BY id DESC LIMIT %s)"""
    with database.transaction() as conn:
        conn.execute(close.encode(), [OPEN_ALARMS])
        conn.execute("ANALYZE alarms")
        conn.execute("ANALYZE sightings")


def _fetch(client: httpx.Client) -> tuple[int, float]:
    began = CLOCK.monotonic()
    headers = {"Accept-Encoding": "gzip"}
    with client.stream("GET", "/alarms", params={"view": "rows"}, headers=headers) as answer:
        assert answer.status_code == 200
        size = sum(map(len, answer.iter_raw()))
    return size, 1000 * (CLOCK.monotonic() - began)
