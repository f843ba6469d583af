# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health reports and images give way to transits that are behind, and are not starved."""

import threading

import pytest

from anpr.ingest.precedence import BEHIND, LONGEST_S, Precedence
from anpr.runtime.clock import ManualClock
from scripts.lab.transits import START


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


def test_nobody_waits_while_transits_are_up_to_date(clock: ManualClock) -> None:
    precedence = Precedence(clock)
    precedence.polled(BEHIND - 1)
    precedence.give_way(threading.Event())
    assert clock.monotonic() == 0


def test_while_transits_are_behind_others_wait_so_long_and_go_on(clock: ManualClock) -> None:
    precedence = Precedence(clock)
    precedence.polled(BEHIND)
    precedence.give_way(threading.Event())
    assert clock.monotonic() == pytest.approx(LONGEST_S)


def test_once_they_have_caught_up_nobody_waits_any_more() -> None:
    class Catching(ManualClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            if self.monotonic() >= 1:
                precedence.polled(0)
            return super().wait(event, seconds)

    catching = Catching(START)
    precedence = Precedence(catching)
    precedence.polled(BEHIND)
    precedence.give_way(threading.Event())
    assert 1 <= catching.monotonic() < LONGEST_S


def test_who_is_told_to_stop_waits_for_nobody(clock: ManualClock) -> None:
    precedence, stop = Precedence(clock), threading.Event()
    precedence.polled(BEHIND)
    stop.set()
    precedence.give_way(stop)
    assert clock.monotonic() == 0
