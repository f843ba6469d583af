# SPDX-License-Identifier: AGPL-3.0-or-later
"""Latency of an alarm from the frame at the gate to the row on an operator's board, with the demo's drawn streets.

    python -m scripts.benchmarks.gate_to_board [--seconds 180] [--cameras 4] [--quick]

Everything as `anpr up` runs it: real RTSP cameras, `anpr reader`, `anpr ingest` and `anpr console` as processes, a real
PostgreSQL in a temporary folder, no broker between. Every drawn plate is on a list. Alarms are closed a few seconds
after they were raised, so that most passings raise one; one that joins an open alarm counts by the event that shows it.
Times are of one machine's clock, in ms to the arrival of that event:

- `gate_to_board`: from `captured_at`, when the reader received the frame that the transit shows. It holds the wait for
  a better frame, at most .4 s (1 s while a plate is small) once it is settled, and none where no better is to come;
- `last_frame_to_board`: from `last_seen`, when it received the last frame of the track before it made the transit;
- `stored_to_board`: from `received_at`, when ingest took the transit.

`stages_ms` takes it apart (p50, p95): the steps of the reader's metric anpr_transit_delay_seconds (`DelayStep`; warm-up
left out), from the frame to ingest, and from ingest to the board. The first, *settling*, overlaps the others.

What the camera itself needs before its frame arrives is in none of them. `missed`: stored transits of listed plates
whose event did not come. The last line is one JSON object; status 1 when a figure is not as it is wanted.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import httpx

from anpr.demo.clips import TRUTH, ensure_clips, read_truth
from anpr.demo.rtsp import RtspServer
from anpr.domain.access import Role
from anpr.settings import Settings
from anpr.store.database.connection import Connection, Database
from anpr.store.embedded.cluster import embedded_database
from anpr.store.users.accounts import User, create_user
from anpr.store.users.passwords import hash_password
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.up.demo import WATCHLIST
from anpr.up.deployment import Deployment, Summary
from anpr.up.parts import PARTS
from anpr.up.ports import free_port
from anpr.up.run import run_up
from scripts.benchmarks.common import CLOCK, Figures
from scripts.benchmarks.gate_cameras import camera_settings, write_streets
from scripts.benchmarks.gate_moments import Passing, Shown, arrivals, figures_of, shown_in
from scripts.benchmarks.gate_stages import Stages, Steps, stages_of, steps_at
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.console import PASSWORD, logged_in
from scripts.lab.ports import consecutive_ports
from scripts.repository import REPOSITORY

USER = "operator"
WANTED_P95_MS = 1000.0
"""From the frame at the gate to the operator's board."""
CLIPS = REPOSITORY / ".cache" / "demo-clips"
"""Drawn once: it takes most of a minute."""
_READY_WITHIN_S = 120.0
_WARM_S = 15.0
"""In which the reader loads its networks and meets its cameras."""
_NEVER = threading.Event()
_PASSINGS = """
SELECT t.captured_at, t.last_seen, t.received_at, s.alarm_id,
    row_number() OVER (PARTITION BY s.alarm_id ORDER BY s.id) AS number
FROM transits t LEFT JOIN sightings s ON s.transit_id = t.id
WHERE t.plate IN (SELECT plate FROM entries)
ORDER BY t.captured_at"""
_CLOSE_EVERY_S = 5.0
_CLOSE = """
UPDATE alarms SET state = 'closed', closed_by = 'benchmark', closed_at = now(), outcome = 'other',
    acknowledged_by = 'benchmark', acknowledged_at = now()
WHERE state <> 'closed' AND last_seen_at < now() - interval '6 seconds'"""
"""Not while a row of it may still be on its way to the board."""
_OTHERS = "SELECT count(*) AS n FROM transits WHERE plate NOT IN (SELECT plate FROM entries)"


@click.command(cls=Script, help=__doc__)
@click.option("--seconds", type=click.IntRange(10), help="Of frames that count [180; quick: 45].")
@click.option("--cameras", type=click.IntRange(1, 16), default=4, show_default=True)
@click.option("--quick", is_flag=True, help="One round of the clips; nothing is wanted of the figures.")
def main(seconds: int | None, cameras: int, quick: bool) -> None:
    """Run the demo, look at the board, print the figures."""
    figures = measure_gate(cameras, seconds, quick=quick)
    finish(figures, [] if quick else late_at_gate(figures))


def measure_gate(cameras: int, seconds: int | None = None, *, quick: bool = False) -> Figures:
    """From the frames of so many cameras to an operator's board, for so many seconds. Raises CannotRunError."""
    seconds = seconds or (45 if quick else 180)
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="anpr-benchmark-") as name, _demo(Path(name), cameras) as deployment:
        settings = deployment.settings
        with _running(deployment) as running:
            address = f"http://127.0.0.1:{settings.console.port}"
            _await_console(address, running)
            with closing(_Board(address)) as board:
                _close_alarms(settings.embedded_database_dir, _WARM_S)
                began, before = CLOCK.now(), _steps(settings)
                _close_alarms(settings.embedded_database_dir, seconds)
                until = CLOCK.now()
                CLOCK.wait(_NEVER, 10.0 if quick else 30.0)  # what has not come by then is missed
                shown, after = board.shown(), _steps(settings)
        summary = running.result()
        passings, others = _stored(settings.embedded_database_dir)
    counted = [each for each in passings if began <= each.captured_at <= until]
    figures: Figures = {"gate_cameras": cameras, "gate_seconds": seconds, "gate_load": round(load, 1)}
    figures |= {"gate_frames_per_s": round(summary.frames / max(summary.seconds, 1.0), 1)}
    figures |= {"gate_other_plates": others, "gate_restarts": summary.restarts}
    figures |= figures_of(counted, shown)
    return figures | {"stages_ms": _stages(before, after, counted, shown)}


def _steps(settings: Settings) -> Steps:
    """What the reader has counted by now. Raises CannotRunError when it does not say."""
    assert settings.metrics_port is not None
    try:
        return steps_at(settings.metrics_port)
    except OSError as exc:
        raise CannotRunError(f"the reader's metrics: {exc}") from exc


def _stages(before: Steps, after: Steps, passings: Sequence[Passing], shown: Sequence[Shown]) -> Stages:
    """The reader's steps, and those behind it from the rows of the transits."""
    ms = timedelta(milliseconds=1)
    came = [(passing, at) for passing, at in arrivals(passings, shown) if at is not None]
    exact = {
        "gate-to-ingest": [(passing.received_at - passing.captured_at) / ms for passing in passings],
        "ingest-to-board": [(at - passing.received_at) / ms for passing, at in came],
    }
    stages = stages_of(before, after, exact)
    log(f"stages: {stages}")
    return stages


def late_at_gate(figures: Figures) -> list[str]:
    """Which of these figures are not as they are wanted."""
    most = {"gate_to_board_p95_ms": WANTED_P95_MS, "missed": 0, "gate_restarts": 0}
    found = ((name, figures[name], limit) for name, limit in most.items())
    return [
        f"{name}: {value}, wanted at most {limit}"
        for name, value, limit in found
        if isinstance(value, float | int) and value > limit
    ]


@contextmanager
def _demo(folder: Path, cameras: int) -> Iterator[Deployment]:
    """The streets, served as cameras as long as the context lasts, and the settings for them."""
    streets = write_streets(ensure_clips(CLIPS, log), folder / "streets", cameras)
    plates = sorted({entry.plate for entry in read_truth(CLIPS / TRUTH)})
    with RtspServer(folder / "streets") as server:
        urls = [server.url(street.name) for street in streets]
        file, settings = camera_settings(
            folder / "data", urls, console_port=free_port("127.0.0.1", 0), metrics_port=consecutive_ports(len(PARTS))
        )
        yield Deployment(settings=settings, settings_file=file, prepare=partial(_prepare, plates))


def _prepare(plates: Sequence[str], conn: Connection) -> None:
    save_watchlist(conn, WATCHLIST)
    import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="benchmark") for plate in plates])
    create_user(conn, User(name=USER, role=Role.OPERATOR, password_hash=hash_password(PASSWORD)))


@contextmanager
def _running(deployment: Deployment) -> Iterator[Future[Summary]]:
    """`anpr up` in a thread of its own, to which its parts are tied; ended and waited for at the end."""
    stop = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="up") as pool:
        running = pool.submit(run_up, deployment, seconds=None, clock=CLOCK, stop=stop, echo=log)
        try:
            yield running
        finally:
            stop.set()


def _await_console(address: str, running: Future[Summary]) -> None:
    deadline = CLOCK.monotonic() + _READY_WITHIN_S
    while not _is_ready(address):
        if running.done():
            running.result()
        if running.done() or CLOCK.monotonic() > deadline:
            raise CannotRunError("the demo's console did not become ready")
        CLOCK.wait(_NEVER, 0.2)


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _close_alarms(folder: Path, seconds: float) -> None:
    """For so long, as operators do who are done with them."""
    until = CLOCK.monotonic() + seconds
    with embedded_database(folder) as url, Database(url, pool_size=1, application="benchmark") as database:
        while (left := until - CLOCK.monotonic()) > 0:
            CLOCK.wait(_NEVER, min(left, _CLOSE_EVERY_S))
            with database.transaction() as conn:
                conn.execute(_CLOSE.encode())


def _stored(folder: Path) -> tuple[list[Passing], int]:
    """The transits of listed plates, and how many others there are, of the database that lies there."""
    with (
        embedded_database(folder) as url,
        Database(url, pool_size=1, application="benchmark") as database,
        database.transaction() as conn,
    ):
        passings = [Passing(**row) for row in conn.execute(_PASSINGS.encode()).fetchall()]
        others = conn.execute(_OTHERS.encode()).fetchone()
    return passings, int(others["n"]) if others else 0


class _Board:
    """An operator's stream of rows, read in a thread of its own, and when each row came."""

    def __init__(self, address: str) -> None:
        """Returns when the stream has begun."""
        self._client = logged_in(address, USER)
        self._shown: list[Shown] = []
        self._begun = threading.Event()
        threading.Thread(target=self._read, name="board", daemon=True).start()
        if not self._begun.wait(_READY_WITHIN_S):
            raise CannotRunError("the board's stream did not begin")

    def shown(self) -> list[Shown]:
        """What came so far."""
        return list(self._shown)

    def close(self) -> None:
        """The thread ends with the stream, which the console closes when it stops."""

    def _read(self) -> None:
        try:
            with self._client.stream("GET", "/alarms/stream", params={"view": "rows"}, timeout=None) as answer:
                for line in answer.iter_lines():
                    if line.startswith("event: ready"):
                        self._begun.set()
                    elif (row := shown_in(line, CLOCK.now())) is not None:
                        self._shown.append(row)
        except httpx.TransportError as exc:  # what it did not show counts as missed
            log(f"the board's stream ended: {type(exc).__name__}")


if __name__ == "__main__":
    main()
