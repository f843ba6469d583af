# SPDX-License-Identifier: AGPL-3.0-or-later
"""Convoy detection: vehicles at the same gates within seconds of the one that is asked for, ranked against chance.

*The statistic.* A meeting is a transit of the other vehicle at the same gate within the window. The transits of the
asked vehicle are divided into journeys; what counts are journeys with a meeting, since two vehicles in one traffic jam
meet at each gate of it. How many would be met by chance is estimated from the other vehicle's habits on other days
(`habits`). Two commuters with the same hours are expected to meet, and do not stand out.

*Two questions are asked of each vehicle*: how many journeys had a meeting at all, and how many at **two gates or
more**. By chance the second takes a vehicle that passes the first gate just then *and* goes on to a later gate of that
journey, which its other days tell too. That it then stays near is taken as certain: in a queue it is. So the second
question looks past meetings at one crossing, of which many days bring many, and is too cautious rather than too bold.
`chance.poisson_tail` tells how likely each answer is by chance. The smaller of the two values counts, doubled since
there were two (Bonferroni), and `false_discovery_rates` corrects for the number of vehicles that were compared.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from anpr.domain.vehicle.chance import false_discovery_rates, poisson_tail
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.habits import DAY_S, GateTime, Habits, Onward
from anpr.domain.vehicle.itinerary import journeys_of

_QUESTIONS = 2
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Companion:
    """Another vehicle, how often it was near, and how often it would have been by chance."""

    plate: str
    meetings: int
    journeys: int
    """Of the asked vehicle, in which there was a meeting."""
    joint_journeys: int
    """Those of them with meetings at two gates or more."""
    gates: int
    first_at: datetime
    last_at: datetime
    median_offset_s: float
    expected: float
    """Journeys with a meeting that chance would give."""
    p_value: float
    """Of the more telling of the two questions, doubled."""
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
    by_plate: dict[str, list[Meeting]] = defaultdict(list)
    for meeting in meetings:
        by_plate[meeting.plate].append(meeting)
    days = max(1.0, period.total_seconds() / DAY_S)
    ways = _Ways(asked, window)
    found = [
        _companion(plate, met, ways, Habits(others.get(plate, ()), days, window)) for plate, met in by_plate.items()
    ]
    return _corrected(found, max(compared, len(by_plate)))


class _Ways:
    """The journeys of the asked vehicle, and where each went on to from each of its fixes."""

    def __init__(self, asked: Iterable[GateFix], window: timedelta) -> None:
        self.journeys = journeys_of(asked)
        self.number_of = {fix.transit_id: number for number, fixes in enumerate(self.journeys) for fix in fixes}
        self._onward = [
            [(fix, Onward.of(fixes[index:], window)) for index, fix in enumerate(fixes)] for fixes in self.journeys
        ]

    def expected(self, habits: Habits) -> float:
        """Journeys with a meeting that chance would give."""
        return sum(min(1.0, sum(habits.chance(fix) for fix in fixes)) for fixes in self.journeys)

    def expected_joint(self, habits: Habits) -> float:
        """Journeys with meetings at two gates or more that chance would give, at the most."""
        return sum(
            min(1.0, sum(habits.chance_onward(fix, onward) for fix, onward in fixes if onward.gate_ids))
            for fixes in self._onward
        )


def _companion(plate: str, met: Sequence[Meeting], ways: _Ways, habits: Habits) -> Companion:
    gates_of: dict[int, set[str]] = defaultdict(set)
    for each in met:
        if each.transit_id in ways.number_of:
            gates_of[ways.number_of[each.transit_id]].add(each.gate_id)
    joint = sum(len(gates) > 1 for gates in gates_of.values())
    offsets = sorted(each.offset_s for each in met)
    moments = [each.at for each in met]
    expected = ways.expected(habits)
    values = [poisson_tail(len(gates_of), expected)]
    if joint > 1:
        values.append(poisson_tail(joint, ways.expected_joint(habits)))
    return Companion(
        plate=plate,
        meetings=len(met),
        journeys=len(gates_of),
        joint_journeys=joint,
        gates=len({each.gate_id for each in met}),
        first_at=min(moments),
        last_at=max(moments),
        median_offset_s=offsets[len(offsets) // 2],
        expected=expected,
        p_value=min(1.0, _QUESTIONS * min(values)),
    )


def _corrected(found: list[Companion], compared: int) -> list[Companion]:
    rates = false_discovery_rates([each.p_value for each in found], compared)
    corrected = [replace(each, false_discovery_rate=rate) for each, rate in zip(found, rates, strict=True)]
    return sorted(corrected, key=lambda each: (each.p_value, -each.gates, -each.meetings, each.plate))
