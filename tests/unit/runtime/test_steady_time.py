# SPDX-License-Identifier: AGPL-3.0-or-later
"""The time of day beside the seconds since the start."""

from datetime import timedelta

from anpr.runtime.steady_time import SteadyTime
from scripts.lab.transits import START
from tests.support.set_clock import SetClock


def test_a_clock_that_runs_tells_one_time() -> None:
    clock = SetClock(START)
    time = SteadyTime(clock)
    clock.advance(90)
    assert time.step == timedelta(0)
    assert time.both() == (START + timedelta(seconds=90), START + timedelta(seconds=90))


def test_of_a_clock_that_was_set_both_times_are_told_the_earlier_first() -> None:
    clock = SetClock(START)
    time = SteadyTime(clock)
    clock.advance(10)
    for ahead in (timedelta(days=30), -timedelta(days=2)):
        clock.ahead = ahead
        assert time.step == ahead
        steady = START + timedelta(seconds=10)
        assert time.both() == tuple(sorted((steady, steady + ahead)))
