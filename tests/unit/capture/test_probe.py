# SPDX-License-Identifier: AGPL-3.0-or-later
"""Probe: how soon a source gives frames, how many a second, of what size; and a source that gives none."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest

from anpr.capture.probe import probe
from anpr.capture.source import RawFrame
from anpr.domain.errors import CameraError, CameraFault
from anpr.runtime.clock import ManualClock

START = datetime(2026, 11, 28, tzinfo=UTC)


class Source:
    """Silent at first, then 25 frames a second for as long as it is asked, at most `frames`."""

    is_live = True

    def __init__(self, clock: ManualClock, frames: int) -> None:
        self._clock = clock
        self._frames = frames

    def raw_frames(self) -> Iterator[RawFrame | None]:
        self._clock.advance(0.4)
        yield None
        for number in range(self._frames):
            yield RawFrame(
                size=(64, 36),
                captured_at=self._clock.now(),
                at_s=self._clock.monotonic(),
                image=lambda shade=number: np.full((36, 64, 3), shade, np.uint8),  # type: ignore[misc]
            )
            self._clock.advance(0.04)


def test_it_looks_for_so_long_and_keeps_the_last_frame() -> None:
    clock = ManualClock(START)
    found = probe(Source(clock, 1000), "c", clock, 2.0)
    assert found.size == (64, 36)
    assert found.first_after_s == pytest.approx(0.4)
    assert found.rate == pytest.approx(25.0)
    assert found.seconds == pytest.approx(2.0, abs=0.05)
    assert found.image[0, 0, 0] == found.frames - 1


def test_one_frame_has_no_rate() -> None:
    clock = ManualClock(START)
    assert probe(Source(clock, 1), "c", clock, 2.0).rate is None


def test_a_source_without_a_frame_is_a_fault() -> None:
    clock = ManualClock(START)
    with pytest.raises(CameraError, match="camera c: ended: it gave no frame") as caught:
        probe(Source(clock, 0), "c", clock, 2.0)
    assert caught.value.fault is CameraFault.ENDED
