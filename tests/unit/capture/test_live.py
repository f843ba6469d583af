# SPDX-License-Identifier: AGPL-3.0-or-later
"""A live source over damaged streams; real servers are in tests/integration/rtsp."""

from pathlib import Path

import pytest

from anpr.capture.live import LiveSource
from anpr.capture.source import RawFrame
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import SystemClock
from tests.support.clips import FRAMES, with_damaged_picture, write_clip


class FrameClock(SystemClock):
    """A fifteenth of a second later each time it is asked, as if the frames of a file came from a camera."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        self._now += 1 / 15
        return self._now

    def stand_still(self, seconds: float) -> None:
        """The process does not run for so long."""
        self._now += seconds


def read(path: Path) -> tuple[list[RawFrame], CameraError]:
    """The frames, and the error that ends each live source."""
    source = LiveSource(Camera(id="gate-1", url=f"file://{path}"), 3.0, FrameClock())
    frames: list[RawFrame] = []
    with pytest.raises(CameraError) as raised:
        frames.extend(frame for frame in source.raw_frames() if frame is not None)
    return frames, raised.value


def test_frames_behind_a_damaged_one_are_not_whole_until_the_next_key_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", key_every=30)
    frames, error = read(with_damaged_picture(clip, tmp_path / "damaged.mp4", 40))
    assert {number for number, frame in enumerate(frames) if not frame.is_whole} == set(range(40, 60))
    assert error.fault is CameraFault.ENDED


def test_a_stream_without_a_whole_picture_for_long_is_undecodable_and_opened_again(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", frames=4 * FRAMES, key_every=4 * FRAMES)
    frames, error = read(with_damaged_picture(clip, tmp_path / "damaged.mp4", 20))
    assert error.fault is CameraFault.UNDECODABLE
    assert "damaged" in str(error)
    whole = [frame.is_whole for frame in frames]
    assert whole[:20] == [True] * 20
    assert not any(whole[20:])


def test_frames_that_waited_while_the_process_stood_still_are_not_taken_for_new_ones(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    clock = FrameClock()
    frames = LiveSource(Camera(id="gate-1", url=f"file://{clip}"), 3.0, clock).raw_frames()
    for _ in range(10):
        next(frames)
    clock.stand_still(147)
    with pytest.raises(CameraError) as raised:
        list(frames)
    assert raised.value.fault is CameraFault.FROZEN


def test_a_sound_stream_is_whole(tmp_path: Path) -> None:
    frames, error = read(write_clip(tmp_path / "clip.mp4"))
    assert [frame.is_whole for frame in frames] == [True] * FRAMES
    assert error.fault is CameraFault.ENDED
