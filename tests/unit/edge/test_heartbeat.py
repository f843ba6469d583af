# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a reader tells of itself and its cameras, and when."""

from datetime import timedelta

import pytest

from anpr.capture.health import CameraState, CameraStatus
from anpr.contract.health import decode_health, encode_health
from anpr.domain.errors import CameraFault, OutboxFullError
from anpr.domain.gate_plan import PlanOrigin, PlanState
from anpr.domain.health import MAX_CHANGES, HealthReport
from anpr.edge.heartbeat import CAMERA_EVERY_S, READER_EVERY_S, Heartbeat
from anpr.edge.state_history import StateHistory
from anpr.runtime.clock import ManualClock


class Sink:
    """An outbox that takes nothing while `is_full`, a full disk."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.reports: list[HealthReport] = []
        self.is_full = False
        self.takes_s = 0.0

    def put_health(self, report: HealthReport) -> None:
        if self.is_full:
            raise OutboxFullError("outbox: the quota is used up")
        self._clock.advance(self.takes_s)
        self.reports.append(decode_health(encode_health(report)))

    def take(self) -> list[tuple[str, list[str]]]:
        """What was told since the last call: whose states, and which."""
        taken, self.reports = self.reports, []
        return [(report.id, [change.state for change in report.changes]) for report in taken]


class Site:
    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.sink, self.history = clock, Sink(clock), StateHistory()
        self.heartbeat = Heartbeat("reader-1", {"cam-1": ("gate-1", self.history)}, self.sink, clock)

    def camera(self, status: CameraStatus, fault: CameraFault | None = None) -> None:
        self.history.add(CameraState(status=status, since=self.clock.now(), fault=fault))

    def run(self, seconds: int) -> list[tuple[str, list[str]]]:
        """What is told within this time, asked for five times a second as the reader does."""
        for _ in range(seconds * 5):
            self.heartbeat.tick()
            self.clock.advance(0.2)
        return self.sink.take()


@pytest.fixture
def site(clock: ManualClock) -> Site:
    return Site(clock)


def test_the_reader_says_at_once_and_every_half_minute_that_it_is_up(site: Site) -> None:
    told = site.run(int(READER_EVERY_S) * 4)
    assert told == [("reader-1", ["up"])] * 4


def test_a_change_is_told_within_a_second_and_with_those_before(site: Site) -> None:
    site.camera(CameraStatus.CONNECTING)
    site.camera(CameraStatus.UP)
    assert ("cam-1", ["connecting", "up"]) in site.run(2)
    site.camera(CameraStatus.FAULT, CameraFault.FROZEN)
    assert site.run(2) == [("cam-1", ["connecting", "up", "frozen"])]
    assert site.run(2) == [], "nothing has changed"


def test_a_camera_in_one_state_is_told_again_every_ten_minutes(site: Site) -> None:
    site.camera(CameraStatus.UP)
    told = site.run(int(CAMERA_EVERY_S) * 2)
    assert [name for name, _ in told].count("cam-1") == 2


def test_the_same_fault_at_each_try_is_one_change(site: Site) -> None:
    for _ in range(1000):
        site.camera(CameraStatus.FAULT, CameraFault.UNREACHABLE)
        site.clock.advance(30)
    (change,) = site.history.changes
    assert (change.state, site.clock.now() - change.since) == ("unreachable", timedelta(seconds=30_000))


def test_a_camera_that_flaps_fits_the_contract(site: Site) -> None:
    for number in range(1000):
        site.camera(CameraStatus.UP if number % 2 else CameraStatus.FAULT, None if number % 2 else CameraFault.ENDED)
        site.clock.advance(1)
    assert len(site.history.changes) == MAX_CHANGES
    assert ("cam-1", ["ended", "up"] * (MAX_CHANGES // 2)) in site.run(1)


def test_a_clock_that_is_set_back_turns_no_order_round(site: Site) -> None:
    site.camera(CameraStatus.UP)
    site.clock.advance(-3600)
    site.camera(CameraStatus.FAULT, CameraFault.ENDED)
    site.clock.advance(3605)
    assert ("cam-1", ["up", "ended"]) in site.run(1)


def test_while_the_outbox_is_full_it_tries_seldom_and_loses_no_change(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.camera(CameraStatus.UP)
    site.sink.is_full = True
    assert site.run(60) == []
    assert len(caplog.records) == 6
    site.camera(CameraStatus.FAULT, CameraFault.REFUSED)
    site.sink.is_full = False
    assert site.run(11) == [("reader-1", ["up", "disk-full", "up"]), ("cam-1", ["up", "refused"])]


def test_when_the_disk_was_full_is_told_once_it_has_room(site: Site) -> None:
    began = site.clock.now()
    site.run(101)
    site.sink.take()
    site.sink.is_full = True
    site.run(600)
    site.sink.is_full = False
    assert [name for name, _ in site.run(15)] == ["reader-1"]
    for _ in range(60 * 5):
        site.heartbeat.tick()
        site.clock.advance(0.2)
    report = site.sink.reports[-1]
    assert [change.state for change in report.changes] == ["up", "disk-full", "up"]
    full, again = [(change.since - began).total_seconds() for change in report.changes[1:]]
    assert (full, again) == pytest.approx((101, 701), abs=11), "to the second, or to the try"


def test_a_disk_that_flaps_fits_the_contract(site: Site) -> None:
    for number in range(400):
        site.sink.is_full = number % 2 == 0
        site.clock.advance(20)
        site.heartbeat.tick()
    assert [len(report.changes) for report in site.sink.reports if report.id == "reader-1"][-1] == MAX_CHANGES


def test_a_process_that_did_not_run_says_from_when_until_when(site: Site) -> None:
    site.run(10)
    stopped_at = site.clock.now()
    site.clock.advance(147)
    site.heartbeat.tick()
    (report,) = [report for report in site.sink.reports if report.id == "reader-1"]
    paused, again = report.changes[1:]
    assert [change.state for change in report.changes] == ["up", "paused", "up"]
    assert again.since == site.clock.now()
    assert paused.since == pytest.approx(stopped_at, abs=timedelta(seconds=0.3))


def test_a_slow_disk_is_no_pause(site: Site) -> None:
    site.sink.takes_s = 20
    site.run(60)
    assert [change.state for change in site.heartbeat._own] == ["up"]


def test_frames_that_nobody_examines_are_told_from_the_last_step(site: Site) -> None:
    site.camera(CameraStatus.UP)
    site.run(5)
    hung_at = site.clock.now()
    site.history.looked(hung_at)
    site.run(11)
    site.history.looked(site.clock.now())
    site.run(2)
    assert [change.state for change in site.history.changes] == ["up", "stalled", "up"]
    assert site.history.changes[1].since == hung_at


def test_the_last_word_is_that_it_stops(site: Site) -> None:
    site.run(1)
    site.clock.advance(5)
    site.heartbeat.close()
    assert site.sink.take() == [("reader-1", ["up", "stopped"])]


def test_a_camera_that_comes_and_one_that_goes_are_reported_once(clock: ManualClock) -> None:
    site = Site(clock)
    site.camera(CameraStatus.UP)
    site.run(1)
    other = StateHistory()
    other.add(CameraState(status=CameraStatus.UP, since=clock.now(), fault=None))
    site.heartbeat.watch("cam-2", "gate-2", other)
    site.camera(CameraStatus.STOPPED)
    site.heartbeat.forget("cam-1")
    told = [name for name, _ in site.run(2)]
    assert sorted(told) == ["cam-1", "cam-2"]
    assert site.run(int(CAMERA_EVERY_S) + 5)
    site.sink.take()
    site.run(int(CAMERA_EVERY_S) + 5)
    assert "cam-1" not in {name for name, _ in site.sink.take()}


def test_a_change_of_the_plan_is_told_at_once(clock: ManualClock) -> None:
    states = [PlanState(origin=PlanOrigin.COPY, number=3)]
    sink = Sink(clock)
    heartbeat = Heartbeat("reader-1", {}, sink, clock, lambda: states[-1])
    heartbeat.tick()
    clock.advance(2)
    heartbeat.tick()
    states.append(PlanState(origin=PlanOrigin.COPY, number=3, refused=4, refusal="gate tosco: latitude: too far"))
    clock.advance(2)
    heartbeat.tick()
    assert [report.plan for report in sink.reports] == states
