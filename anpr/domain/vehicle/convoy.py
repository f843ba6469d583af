# SPDX-License-Identifier: AGPL-3.0-or-later
"""Convoy detection: vehicles at the same gates within seconds of the one that is asked for, ranked against chance.

*The statistic.* A meeting is a transit of the other vehicle at the same gate within the window. The transits of the
asked vehicle are divided into journeys; what counts is the number of journeys with a meeting, since two vehicles in one
traffic jam meet at each gate of it. How many would be met by chance is estimated from the other vehicle's own habits on
**other days**: its rate at that gate around that time of day, as the largest of three estimates (within 5 and 30
minutes of it, and of the whole day). Two commuters with the same hours are expected to meet, and do not stand out.
`chance.poisson_tail` tells how likely so many journeys are by chance, `false_discovery_rates` corrects for the number
of vehicles that were compared.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from typing import NamedTuple
from uuid import UUID

from anpr.domain.vehicle.chance import false_discovery_rates, poisson_tail
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.itinerary import journeys_of

DAY_S = 86_400.0
_BANDS_S = (300.0, 1800.0)
"""Half widths around the time of day: as exact as a commuter's habit, and as wide as a rush hour."""
NOT_CHANCE = 0.001
"""False discovery rate up to which a vehicle is said to be together more often than by chance: it is not, once in a
thousand. Stricter than custom has it, since habits are estimated from few days."""


class Meeting(NamedTuple):
    """Another vehicle at a gate near in time to a transit of the asked one."""

    plate: str
    transit_id: UUID
    """The asked vehicle's, by which the meeting belongs to a journey."""
    gate_id: str
    at: datetime
    """Of the asked vehicle's transit (UTC)."""
    offset_s: float
    """Positive: the other vehicle came after."""


class GateTime(NamedTuple):
    """A transit of another vehicle, wherever it was near or not."""

    gate_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """Another vehicle, how often it was near, and how often it would have been by chance."""

    plate: str
    meetings: int
    journeys: int
    """Of the asked vehicle, in which there was a meeting."""
    gates: int
    first_at: datetime
    last_at: datetime
    median_offset_s: float
    expected: float
    """Journeys with a meeting that chance would give."""
    p_value: float
    false_discovery_rate: float = 1.0

    @property
    def ratio(self) -> float:
        """How many times more often than by chance."""
        return self.journeys / self.expected

    @property
    def is_more_than_chance(self) -> bool:
        """Whether it stands after the correction for all vehicles compared; one journey alone is never enough."""
        return self.journeys > 1 and self.false_discovery_rate <= NOT_CHANCE


def rank_companions(
    asked: Iterable[GateFix],
    meetings: Iterable[Meeting],
    others: Mapping[str, Sequence[GateTime]],
    window: timedelta,
    period: timedelta,
    compared: int = 0,
) -> list[Companion]:
    """The vehicles of these meetings, the least likely by chance first.

    `others`: for each, its transits of the period at the gates of the asked one; `compared`: how many vehicles met it
    at all, when `meetings` are only of some.
    """
    journeys = journeys_of(asked)
    by_plate: dict[str, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        by_plate[meeting.plate].append(meeting)
    days = max(1.0, period.total_seconds() / DAY_S)
    found = [
        _companion(plate, met, journeys, _Habits(others.get(plate, ()), days), window.total_seconds())
        for plate, met in by_plate.items()
    ]
    return _corrected(found, max(compared, len(by_plate)))


def _companion(
    plate: str, met: Sequence[Meeting], journeys: Sequence[Sequence[GateFix]], habits: "_Habits", window_s: float
) -> Companion:
    number_of = {fix.transit_id: number for number, fixes in enumerate(journeys) for fix in fixes}
    expected = sum(min(1.0, sum(habits.chance(fix, window_s) for fix in fixes)) for fixes in journeys)
    count = len({number_of[each.transit_id] for each in met if each.transit_id in number_of})
    offsets = sorted(each.offset_s for each in met)
    moments = [each.at for each in met]
    return Companion(
        plate=plate,
        meetings=len(met),
        journeys=count,
        gates=len({each.gate_id for each in met}),
        first_at=min(moments),
        last_at=max(moments),
        median_offset_s=offsets[len(offsets) // 2],
        expected=expected,
        p_value=poisson_tail(count, expected),
    )


def _corrected(found: list[Companion], compared: int) -> list[Companion]:
    rates = false_discovery_rates([each.p_value for each in found], compared)
    corrected = [_with_rate(each, rate) for each, rate in zip(found, rates, strict=True)]
    return sorted(corrected, key=lambda each: (each.p_value, -each.gates, -each.meetings, each.plate))


def _with_rate(companion: Companion, rate: float) -> Companion:
    values = {name: getattr(companion, name) for name in Companion.__slots__}
    return Companion(**{**values, "false_discovery_rate": rate})


class _Habits:
    """A vehicle's rate of transits by gate and time of day."""

    def __init__(self, transits: Iterable[GateTime], days: float) -> None:
        self._days = days
        self._times: dict[str, list[float]] = defaultdict(list)
        for gate_id, at in transits:
            self._times[gate_id].append(at.timestamp())
        self._clock = {gate: sorted(time % DAY_S for time in times) for gate, times in self._times.items()}
        for times in self._times.values():
            times.sort()

    def chance(self, fix: GateFix, window_s: float) -> float:
        """Probability of a transit within the window of this fix, as the other days have it."""
        return 1.0 - exp(-self._rate(fix) * 2 * window_s)

    def _rate(self, fix: GateFix) -> float:
        """Transits per second. One more than were counted in the whole day: none in a week is no proof of never."""
        times, clock, at = self._times.get(fix.gate_id, []), self._clock.get(fix.gate_id, []), fix.at.timestamp()
        others = max(1.0, self._days - 1)
        day = len(times) - _within(times, at, DAY_S / 2)
        rates = [(day + 1) / (others * DAY_S)]
        for half in _BANDS_S:
            count = _around(clock, at % DAY_S, half) - _within(times, at, half)
            rates.append(count / (others * 2 * half))
        return max(rates)


def _within(times: Sequence[float], at: float, half: float) -> int:
    return bisect_right(times, at + half) - bisect_left(times, at - half)


def _around(clock: Sequence[float], time: float, half: float) -> int:
    """How many of these times of day lie within `half` seconds, midnight being no edge."""
    return sum(_within(clock, time + shift, half) for shift in (-DAY_S, 0.0, DAY_S))
