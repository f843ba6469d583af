# SPDX-License-Identifier: AGPL-3.0-or-later
"""Of all that is wrong with a camera, what is told."""

from datetime import UTC, datetime, timedelta

from anpr.capture.health import CameraState, CameraStatus
from anpr.domain.errors import CameraFault
from anpr.edge.state_history import StateHistory

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def state(status: CameraStatus, seconds: float, fault: CameraFault | None = None) -> CameraState:
    return CameraState(status=status, since=at(seconds), fault=fault)


def told(history: StateHistory) -> list[tuple[str, float]]:
    return [(change.state, (change.since - START).total_seconds()) for change in history.changes]


def test_no_frames_come_before_no_model_before_poor_sight() -> None:
    history = StateHistory()
    history.view_changed("dark", at(-5))
    assert history.state is None, "nothing is known of a camera that was never there"
    history.add(state(CameraStatus.UP, 0))
    assert history.state == "dark"
    history.model_failed(at(10))
    history.view_changed("blurred", at(11))
    assert history.state == "model-error"
    history.add(state(CameraStatus.FAULT, 20, CameraFault.FROZEN))
    history.model_failed(at(21))
    history.add(state(CameraStatus.UP, 30))
    history.model_ran(at(31))
    history.view_changed(None, at(40))
    assert told(history) == [
        ("dark", 0), ("model-error", 10), ("frozen", 20), ("blurred", 30), ("up", 40),
    ]  # fmt: skip


def test_a_blur_is_told_from_its_beginning_but_never_before_what_was_told_already() -> None:
    history = StateHistory()
    history.add(state(CameraStatus.UP, 0))
    history.view_changed("blurred", at(100))
    history.view_changed(None, at(160))
    history.add(state(CameraStatus.FAULT, 200, CameraFault.ENDED))
    history.add(state(CameraStatus.UP, 230))
    history.view_changed("blurred", at(190))
    assert told(history) == [
        ("up", 0), ("blurred", 100), ("up", 160), ("ended", 200), ("up", 230), ("blurred", 230),
    ]  # fmt: skip


def test_a_camera_without_frames_is_not_called_stalled() -> None:
    history = StateHistory()
    history.add(state(CameraStatus.UP, 0))
    history.looked(at(1))
    history.add(state(CameraStatus.FAULT, 2, CameraFault.FROZEN))
    history.check(at(60))
    assert history.state == "frozen"
    history.add(state(CameraStatus.UP, 61))
    assert history.state == "stalled", "frames come again, and still nobody examines them"
    history.looked(at(70))
    assert told(history) == [("up", 0), ("frozen", 2), ("stalled", 61), ("up", 70)]


def test_the_same_again_is_no_change() -> None:
    history = StateHistory()
    for number in range(100):
        history.add(state(CameraStatus.UP, number))
        history.view_changed("dark", at(number))
        history.model_ran(at(number))
    assert told(history) == [("up", 0), ("dark", 0)]
