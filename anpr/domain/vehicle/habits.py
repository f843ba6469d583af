# SPDX-License-Identifier: AGPL-3.0-or-later
"""Habit rates: how likely a vehicle is at a gate at a moment, by what it does there on other days.

The rate at a gate around a time of day is the largest of three estimates: within 5 and within 30 minutes of it, and of
the whole day. The day and hour that is asked for is left out, else a meeting would explain itself.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from math import ceil, exp
from typing import NamedTuple, Self

from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.itinerary import JOURNEY_GAP

DAY_S = 86_400.0
_BANDS_S = (300.0, 1800.0)
"""Half widths around the time of day: as exact as a commuter's habit, and as wide as a rush hour."""


class GateTime(NamedTuple):
    """A transit of another vehicle, wherever it was near or not."""

    gate_id: str
    at: datetime


class Onward(NamedTuple):
    """Where a journey goes on to from one of its fixes."""

    gate_ids: frozenset[str]
    """The other gates that come after."""
    within_s: float
    """Until the last of them at the latest, in whole journey gaps: few different values."""

    @classmethod
    def of(cls, fixes: Sequence[GateFix], window: timedelta) -> Self:
        """From the first of these, which are the rest of a journey."""
        start, longest = fixes[0], fixes[-1].at - fixes[0].at + 2 * window
        gaps = max(1, ceil(longest / JOURNEY_GAP))
        return cls(frozenset(fix.gate_id for fix in fixes) - {start.gate_id}, gaps * JOURNEY_GAP.total_seconds())


class Habits:
    """A vehicle's rate of transits by gate and time of day."""

    def __init__(self, transits: Iterable[GateTime], days: float, window: timedelta) -> None:
        self._others = max(1.0, days - 1)
        self._window_s = window.total_seconds()
        times: dict[str, list[float]] = defaultdict(list)
        for gate_id, at in transits:
            times[gate_id].append(at.timestamp())
        self._at_gate = {gate_id: _Moments(sorted(each)) for gate_id, each in times.items()}
        self._onward: dict[tuple[str, Onward], _Moments] = {}

    def chance(self, fix: GateFix) -> float:
        """Probability of a transit within the window of this fix, as the other days have it."""
        return self._chance(self._at_gate.get(fix.gate_id, _NEVER), fix)

    def chance_onward(self, fix: GateFix, onward: Onward) -> float:
        """Probability of such a transit after which the vehicle goes on to one of these gates."""
        key = (fix.gate_id, onward)
        if key not in self._onward:
            self._onward[key] = self._going_on(fix.gate_id, onward)
        return self._chance(self._onward[key], fix)

    def _going_on(self, gate_id: str, onward: Onward) -> "_Moments":
        """Two windows early too: of two gates close to each other the second may be met first."""
        ends = [self._at_gate[each].times for each in onward.gate_ids if each in self._at_gate]
        early, late = 2 * self._window_s, onward.within_s
        times = self._at_gate.get(gate_id, _NEVER).times
        return _Moments([time for time in times if any(_between(each, time - early, time + late) for each in ends)])

    def _chance(self, moments: "_Moments", fix: GateFix) -> float:
        return 1.0 - exp(-moments.rate(fix.at.timestamp(), self._others) * 2 * self._window_s)


class _Moments:
    """Moments in seconds since 1970, in order, and their times of day."""

    def __init__(self, times: Sequence[float]) -> None:
        self.times = times
        self._clock = sorted(time % DAY_S for time in times)

    def rate(self, at: float, others: float) -> float:
        """Of one second. One more than were counted in the whole day: none in a week is no proof of never."""
        day = len(self.times) - _within(self.times, at, DAY_S / 2)
        rates = [(day + 1) / (others * DAY_S)]
        for half in _BANDS_S:
            count = _around(self._clock, at % DAY_S, half) - _within(self.times, at, half)
            rates.append(count / (others * 2 * half))
        return max(rates)


_NEVER = _Moments(())


def _within(times: Sequence[float], at: float, half: float) -> int:
    return _between(times, at - half, at + half)


def _between(times: Sequence[float], since: float, until: float) -> int:
    return bisect_right(times, until) - bisect_left(times, since)


def _around(clock: Sequence[float], time: float, half: float) -> int:
    """How many of these times of day lie within `half` seconds, midnight being no edge."""
    return sum(_within(clock, time + shift, half) for shift in (-DAY_S, 0.0, DAY_S))
