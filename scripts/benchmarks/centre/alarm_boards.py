# SPDX-License-Identifier: AGPL-3.0-or-later
"""Many boards at once, and a board with thousands of open alarms: part of the benchmark of alarms on a screen.

Every board is an operator's stream of rows. What counts is the time from the commit that raises an alarm to its row at
the client, for each alarm and each board, and which rows did not come at all.
"""

import re
import selectors
import socket
import statistics
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httpx

from anpr.console.live_alarms import PER_SESSION
from anpr.domain.access import Role
from anpr.domain.transit import Transit
from anpr.store.database.connection import Database
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import log
from scripts.lab.console import PASSWORD, logged_in

OPEN_ALARMS = 5_000
WANTED_P99_MS = 100.0
WANTED_KB = 60.0
WANTED_MS = 200.0
_AT_THE_END_S = 30.0
"""A row that has not come so long after the last alarm is missed."""
_FETCHES = 40
_WARM = 5
_NEVER = threading.Event()
_ROW = re.compile(rb'<article class="alarm-row[^>\n]* data-alarm="(\d+)"')
_ASK = (
    "GET /alarms/stream?view=rows HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
    "Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\n\r\n"
)

Raise = Callable[[Sequence[Transit]], list[tuple[int, float]]]
"""Raises an alarm for each transit in one transaction: their ids, and when the commit began (monotonic seconds)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many boards are open, and `number` alarms come, `per_s` of them a second."""

    boards: int
    number: int
    per_s: float
    console_mb: Callable[[], float]
    """The console's resident memory."""


def measure_boards(
    database: Database, address: str, raise_all: Raise, transits: Iterator[Transit], load: Load
) -> Figures:
    """From the commits to the rows on all boards."""
    _make_users(database, load.boards)
    committed: dict[int, float] = {}
    with _opened(address, load.boards) as screen:
        for _ in range(_WARM):
            raise_all([next(transits)])
            CLOCK.wait(_NEVER, 1.0)
        began, memory_mb = CLOCK.monotonic(), [load.console_mb()]
        for index in range(load.number):
            committed.update(raise_all([next(transits)]))
            CLOCK.wait(_NEVER, max(0.0, began + (index + 1) / load.per_s - CLOCK.monotonic()))
            if (index + 1) % max(1, load.number // 5) == 0:
                memory_mb.append(load.console_mb())
        took = CLOCK.monotonic() - began
        until = CLOCK.monotonic() + _AT_THE_END_S
        while CLOCK.monotonic() < until and any(committed.keys() - rows.keys() for rows in screen.arrived):
            CLOCK.wait(_NEVER, 0.2)
        arrived = [dict(rows) for rows in screen.arrived]
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
        "row_to_board_p99_of_fifths_ms": _p99_of_fifths(committed, arrived),
        "missed": missed,
        "console_rss_of_fifths_mb": [round(each) for each in memory_mb],
    }


def _p99_of_fifths(committed: Mapping[int, float], arrived: Sequence[Mapping[int, float]]) -> list[int]:
    """Whether rows come later the longer the boards are open: of each fifth of the alarms, in their order."""
    numbers = sorted(committed)
    fifths = [numbers[len(numbers) * part // 5 : len(numbers) * (part + 1) // 5] for part in range(5)]
    delays = [[1000 * (rows[n] - committed[n]) for rows in arrived for n in fifth if n in rows] for fifth in fifths]
    return [round(statistics.quantiles(fifth, n=100)[98]) for fifth in delays if len(fifth) > 1]


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
    found = ((name, figures[name], limit) for name, limit in most.items() if name in figures)
    return [
        f"{name}: {value}, wanted at most {limit}"
        for name, value, limit in found
        if isinstance(value, float | int) and value > limit
    ]


class _Boards:
    """Streams of rows, read by one thread: a thread for each would wait for the others more than for the console.

    `arrived`: of each board, when each alarm's row came first (monotonic seconds).
    """

    def __init__(self, address: str) -> None:
        self._server = urlsplit(address)
        self.arrived: list[dict[int, float]] = []
        self._selector = selectors.DefaultSelector()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, name="boards", daemon=True)

    def open(self, cookie: str) -> None:
        """Ask for one more, and wait until the console has begun to tell it of alarms."""
        sock = socket.create_connection((self._server.hostname, self._server.port), timeout=60)
        sock.sendall(_ASK.format(host=self._server.netloc, cookie=cookie).encode())
        begun = b""
        while b"event: ready" not in begun:
            more = sock.recv(65_536)
            assert more, "a board's stream did not begin"
            begun += more
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, (len(self.arrived), bytearray()))
        self.arrived.append({})

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def close(self) -> None:
        """End all streams."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()
        for key in list(self._selector.get_map().values()):
            self._selector.unregister(key.fileobj)
            cast(socket.socket, key.fileobj).close()
        self._selector.close()

    def _read(self) -> None:
        while not self._is_over.is_set():
            for key, _ in self._selector.select(timeout=0.2):
                sock = cast(socket.socket, key.fileobj)
                data = sock.recv(1 << 18)
                at = CLOCK.monotonic()
                if not data:  # what it did not show counts as missed
                    log("a board's stream ended")
                    self._selector.unregister(sock)
                    sock.close()
                    continue
                board, rest = key.data
                rest += data
                for found in _ROW.finditer(rest):
                    self.arrived[board].setdefault(int(found[1]), at)
                del rest[: rest.rfind(b"\n") + 1]


@contextmanager
def _opened(address: str, number: int) -> Iterator[_Boards]:
    with closing(_Boards(address)) as boards:
        for index, name in enumerate(_names(number)):
            with closing(logged_in(address, name)) as client:
                cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
            for _ in range(min(PER_SESSION, number - index * PER_SESSION)):
                boards.open(cookie)
        boards.start()
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
