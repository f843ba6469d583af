# SPDX-License-Identifier: AGPL-3.0-or-later
"""Meter: nothing is told before it came."""

from datetime import UTC, datetime

import numpy as np
import pytest

from anpr.capture.meter import SourceMeter
from anpr.capture.source import RawFrame
from anpr.runtime.clock import ManualClock

START = datetime(2026, 11, 28, tzinfo=UTC)


def shown(at_s: float, *, is_key: bool) -> RawFrame:
    return RawFrame(
        size=(16, 9), captured_at=START, at_s=at_s, image=lambda: np.zeros((9, 16, 3), np.uint8), is_key=is_key
    )


def test_time_counts_from_the_making_to_the_first_frame_and_from_there() -> None:
    clock = ManualClock(START)
    meter = SourceMeter(clock)
    assert (meter.seconds, meter.frames, meter.key_every_s, meter.last) == (0.0, 0, None, None)
    clock.advance(1.5)
    for at_s in (7.0, 7.5, 8.0):
        meter.add(shown(at_s, is_key=at_s != 7.5))
    assert (meter.first_after_s, meter.seconds, meter.frames, meter.key_every_s) == (1.5, 1.0, 3, 1.0)


def key_every_s(*keys: bool) -> float | None:
    """Of frames 0.1 s apart."""
    meter = SourceMeter(ManualClock(START))
    for number, is_key in enumerate(keys):
        meter.add(shown(number / 10, is_key=is_key))
    return meter.key_every_s


def test_a_key_frame_that_is_given_twice_counts_once() -> None:
    assert key_every_s(True, True, False, False, True, True, False, False, True) == pytest.approx(0.4)


def test_where_every_frame_is_a_key_frame_they_come_at_the_frame_rate() -> None:
    assert key_every_s(True, True, True) == pytest.approx(0.1)
