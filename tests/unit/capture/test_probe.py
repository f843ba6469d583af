# SPDX-License-Identifier: AGPL-3.0-or-later
"""Probe: how soon a source gives frames, how many a second, of what size; and a source that gives none."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

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

    def __init__(
        self,
        clock: ManualClock,
        frames: int,
        *,
        key_every: int | None = None,
        is_whole: bool = True,
        then: CameraError | None = None,
    ) -> None:
        self._clock = clock
        self._frames = frames
        self._key_every = key_every
        self._is_whole = is_whole
        self._then = then

    def raw_frames(self) -> Iterator[RawFrame | None]:
        self._clock.advance(0.4)
        yield None
        for number in range(self._frames):
            yield RawFrame(
                size=(64, 36),
                captured_at=self._clock.now(),
                at_s=self._clock.monotonic(),
                image=lambda shade=number: np.full((36, 64, 3), shade, np.uint8),  # type: ignore[misc]
                is_whole=self._is_whole,
                is_key=None if self._key_every is None else number % self._key_every == 0,
            )
            self._clock.advance(0.04)
        if self._then is not None:
            raise self._then


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


def test_frames_are_examined_five_times_a_second() -> None:
    clock, examined = ManualClock(START), []
    source = Source(clock, 1000)
    source.is_live = False  # else a frame that waits is replaced by a newer one
    probe(source, "c", clock, 2.0, lambda raw: examined.append(raw.at_s))
    assert len(examined) in {9, 10, 11}, "a frame every 0.04 s, one in five examined"
    assert min(later - earlier for earlier, later in pairwise(examined)) >= 0.2 - 1e-6


def test_a_source_that_breaks_off_says_how_much_came() -> None:
    clock = ManualClock(START)
    source = Source(clock, 5, then=CameraError(CameraFault.FROZEN, "c", "no frame for 3 s"))
    with pytest.raises(CameraError, match=r"camera c: frozen: no frame for 3 s, after 5 frames in 0\.2 s"):
        probe(source, "c", clock, 2.0)


def test_a_source_that_hangs_while_it_opens_is_given_up() -> None:
    clock, release = ManualClock(START), threading.Event()

    class Hanging(Source):
        def raw_frames(self) -> Iterator[RawFrame | None]:
            clock.advance(60)
            release.wait(60)
            yield None

    try:
        with pytest.raises(CameraError, match="camera c: unreachable: no frame within 20 s"):
            probe(Hanging(clock, 0), "c", clock, 2.0)
    finally:
        release.set()


def test_the_mean_time_between_key_frames_is_told() -> None:
    clock = ManualClock(START)
    assert probe(Source(clock, 1000, key_every=10), "c", clock, 2.0).key_every_s == pytest.approx(0.4)
    assert probe(Source(clock, 9, key_every=10), "c", clock, 2.0).key_every_s is None
    assert probe(Source(clock, 1000), "c", clock, 2.0).key_every_s is None, "a source that does not say"


def test_damaged_frames_are_counted_and_not_examined() -> None:
    clock = ManualClock(START)
    examined: list[RawFrame] = []
    found = probe(Source(clock, 20, is_whole=False), "c", clock, 2.0, examined.append)
    assert (found.frames, found.damaged, examined) == (20, 20, [])
