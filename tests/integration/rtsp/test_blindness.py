# SPDX-License-Identifier: AGPL-3.0-or-later
"""Times in which nobody looked are told afterwards, to the second: a reader that stands still, a camera that freezes
or is cut off."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from anpr.domain.health import UP, HealthInterval, SubjectKind
from anpr.ingest.run import run_ingest
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.health.intervals import intervals_between, open_intervals
from anpr.store.health.record import mark_offline
from tests.integration.rtsp.conftest import RunningServer, Serve
from tests.support.waiting import eventually

CLOCK = SystemClock()
WITHIN = timedelta(seconds=3)
LONG_ENOUGH = timedelta(seconds=7)
"""Longer than a stream may be without a frame, and than a reader's process may stand still untold."""


class WatchedGate:
    """A reader at a camera, and the centre that stores what it tells."""

    def __init__(self, database: Database, server: RunningServer, process: "subprocess.Popen[bytes]") -> None:
        self.database, self.server, self.process = database, server, process

    def states(self) -> dict[SubjectKind, str]:
        with self.database.transaction() as conn:
            return {one.kind: one.state for one in open_intervals(conn)}

    def looks_again(self) -> datetime:
        """When the centre has heard that camera and reader are up."""
        both = {SubjectKind.READER: UP, SubjectKind.CAMERA: UP}
        eventually(lambda: self.states() == both, seen=self.states)
        return CLOCK.now()

    def told(self, since: datetime) -> list[HealthInterval]:
        with self.database.transaction() as conn:
            return intervals_between(conn, since, None)


@pytest.fixture
def gate(database: Database, tmp_path: Path, repository: Path, serve: Serve) -> Iterator[WatchedGate]:
    server = serve("toolkit")
    camera = {"id": "cam-1", "url": server.url()}
    gate = {"id": "gate-1", "name": "x", "purpose": "test", "legal_basis": "none", "cameras": [camera]}
    values = {"data_dir": str(tmp_path), "gates": [gate], "reader": {"retry_max_s": 0.5}}
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(values))
    environment = {**os.environ, "ANPR_CONFIG": str(tmp_path / "site.yaml")}
    for name in ("KAFKA_BOOTSTRAP", "DATABASE_URL"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "tests.acceptance.scripted_reader", "reader"]
    stop = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run_ingest, Settings.model_validate(values), database, CLOCK, stop)
        process = subprocess.Popen(command, cwd=repository, env=environment, stdout=subprocess.DEVNULL)
        try:
            watched = WatchedGate(database, server, process)
            watched.looks_again()
            yield watched
        finally:
            process.kill()
            process.wait()
            stop.set()
        running.result()


def untold(gaps: list[HealthInterval], since: datetime, until: datetime) -> timedelta:
    """How much of [since, until) lies in none of the intervals."""
    missing, at = timedelta(0), since
    for gap in sorted(gaps, key=lambda one: one.started_at):
        missing += max(min(gap.started_at, until) - at, timedelta(0))
        at = max(at, min(gap.ended_at or until, until))
    return missing + max(until - at, timedelta(0))


def pass_time(since: datetime) -> None:
    eventually(lambda: CLOCK.now() - since > LONG_ENOUGH)


def test_a_reader_that_stood_still_has_not_looked(gate: WatchedGate) -> None:
    stopped_at = CLOCK.now()
    gate.process.send_signal(signal.SIGSTOP)
    pass_time(stopped_at)
    with gate.database.transaction() as conn:
        assert mark_offline(conn, CLOCK.now() + timedelta(seconds=120)) == ["reader-1"], "as after 90 s of silence"
    assert gate.states()[SubjectKind.READER] == "away"
    gate.process.send_signal(signal.SIGCONT)
    went_on_at = CLOCK.now()
    gate.looks_again()
    told = gate.told(stopped_at)
    assert untold(told, stopped_at, went_on_at) < WITHIN, told
    assert "paused" in {one.state for one in told if one.kind is SubjectKind.READER}


def test_a_camera_that_falls_silent_has_not_looked_since_its_last_frame(gate: WatchedGate) -> None:
    froze_at = CLOCK.now()
    gate.server.pause()
    eventually(lambda: gate.states()[SubjectKind.CAMERA] != UP, seen=gate.states)
    pass_time(froze_at)
    gate.server.kill()
    gate.server.start()
    came_back_at = CLOCK.now()
    gate.looks_again()
    told = gate.told(froze_at)
    assert untold(told, froze_at, came_back_at) < WITHIN, told


def test_a_camera_that_is_cut_off_has_not_looked(gate: WatchedGate) -> None:
    cut_at = CLOCK.now()
    gate.server.kill()
    pass_time(cut_at)
    gate.server.start()
    came_back_at = CLOCK.now()
    gate.looks_again()
    told = gate.told(cut_at)
    assert untold(told, cut_at, came_back_at) < WITHIN, told
