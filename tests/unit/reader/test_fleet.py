# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fleet of cameras: what changes starts anew, what does not goes on, and nothing waits for a camera that hangs."""

import threading
from typing import Any

import pytest

from anpr.capture.health import CameraState, CameraStatus
from anpr.domain.gate import Camera
from anpr.domain.health import HealthReport
from anpr.edge.heartbeat import Heartbeat
from anpr.edge.state_history import StateHistory
from anpr.reader.assemble import Origin
from anpr.reader.camera.watch import CameraTotals
from anpr.reader.fleet import CameraFleet
from anpr.runtime.clock import ManualClock, SystemClock
from tests.support.waiting import eventually


class Worker:
    """Runs until told to stop, and until it is let go where it hangs."""

    def __init__(self, origin: Origin, history: StateHistory) -> None:
        self.camera, self.history, self.views = origin.camera, history, None
        self.totals = CameraTotals()
        self.transits, self.model_errors, self.restarts = 1, 0, 0
        self.let_go = threading.Event()
        self.let_go.set()

    def run(self, stop: threading.Event) -> None:
        clock = SystemClock()
        self.history.add(CameraState(status=CameraStatus.UP, since=clock.now(), fault=None))
        stop.wait()
        self.let_go.wait()
        self.history.add(CameraState(status=CameraStatus.STOPPED, since=clock.now(), fault=None))


class Sink:
    is_full = False

    def __init__(self) -> None:
        self.reports: dict[str, HealthReport] = {}

    def put_health(self, report: HealthReport) -> None:
        self.reports[report.id] = report


class Site:
    def __init__(self) -> None:
        self.clock, self.sink, self.made = ManualClock(SystemClock().now()), Sink(), []
        self.heartbeat = Heartbeat("reader-1", {}, self.sink, self.clock)
        self.fleet = CameraFleet(self._make, self.heartbeat, self.clock)

    made: list[Worker]

    def _make(self, origin: Origin, history: StateHistory) -> Any:
        self.made.append(Worker(origin, history))
        return self.made[-1]

    def apply(self, **lanes: str) -> None:
        """These cameras, each with this lane."""
        cameras = [Camera(id=name, url="x", lane=lane) for name, lane in lanes.items()]
        self.fleet.apply(Origin(camera=camera, gate_id="gate-1", reader_id="reader-1") for camera in cameras)

    def lanes(self) -> list[tuple[str, str | None]]:
        self.fleet.tick()
        return sorted((worker.camera.id, worker.camera.lane) for worker in self.fleet.workers)

    def states(self, camera: str) -> list[str]:
        self.clock.advance(2)
        self.heartbeat.tick()
        report = self.sink.reports.get(camera)
        return [change.state for change in report.changes] if report else []


@pytest.fixture
def site() -> Any:
    site = Site()
    yield site
    for worker in site.made:
        worker.let_go.set()
    site.fleet.stop()


def test_only_what_changed_starts_anew_with_its_history(site: Site) -> None:
    site.apply(a="1", b="1")
    eventually(lambda: site.states("a") == ["up"] == site.states("b"))
    site.apply(a="2", b="1")
    eventually(lambda: site.lanes() == [("a", "2"), ("b", "1")])
    assert [worker.camera.id for worker in site.made] == ["a", "b", "a"]
    eventually(lambda: site.states("a") == ["up", "stopped", "up"])
    assert site.states("b") == ["up"]
    assert site.fleet.tally.transits == 3


def test_what_is_gone_is_reported_as_stopped(site: Site) -> None:
    site.apply(a="1", b="1")
    eventually(lambda: site.states("a") == ["up"])
    site.apply(b="1")
    eventually(lambda: site.lanes() == [("b", "1")] and site.states("a") == ["up", "stopped"])
    site.apply(a="1", b="1")
    eventually(lambda: site.states("a") == ["up"])


def test_a_camera_that_hangs_holds_up_nobody_and_starts_once_it_has_ended(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.apply(a="1", b="1")
    site.made[0].let_go.clear()
    site.apply(a="2", b="2")
    eventually(lambda: site.lanes() == [("b", "2")])
    site.clock.advance(11)
    assert site.lanes() == [("b", "2")]
    assert "camera a: its thread did not end within 10 s" in caplog.text
    site.made[0].let_go.set()
    eventually(lambda: site.lanes() == [("a", "2"), ("b", "2")])


def test_a_camera_that_changes_twice_while_it_ends_gets_its_last_settings(site: Site) -> None:
    site.apply(a="1")
    site.made[0].let_go.clear()
    site.apply(a="2")
    site.apply(a="3")
    site.made[0].let_go.set()
    eventually(lambda: site.lanes() == [("a", "3")])
    assert len(site.made) == 2
