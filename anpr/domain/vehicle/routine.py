# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routine: the days, hours and gates at which a vehicle is seen, as the site's clock has them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from anpr.domain.vehicle.gate_fix import GateFix

HOURS = 24
WEEKDAYS = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class GateHabit:
    """How often and on how many days a vehicle was at a gate (recurrence), and its usual hour there."""

    gate_id: str
    transits: int
    days: int
    usual_hour: int
    """Of the site's clock, 0 to 23: the one with the most transits, the earlier of two."""
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Routine:
    """What the kept days tell; all empty without a transit."""

    by_day: Mapping[date, tuple[int, ...]]
    """Transits by the site's day and hour: 24 numbers each; only days with any."""
    by_weekday: tuple[tuple[int, ...], ...]
    """7 × 24, Monday first."""
    gates: tuple[GateHabit, ...]
    """Those of the most days first."""
    first_at: datetime | None
    last_at: datetime | None

    @property
    def days(self) -> int:
        """Days on which it was seen."""
        return len(self.by_day)


def routine_of(fixes: Iterable[GateFix], zone: ZoneInfo) -> Routine:
    """The routine in these fixes."""
    days: dict[date, list[int]] = defaultdict(lambda: [0] * HOURS)
    weekdays = [[0] * HOURS for _ in range(WEEKDAYS)]
    at_gate: dict[str, list[datetime]] = defaultdict(list)
    for fix in fixes:
        local = fix.at.astimezone(zone)
        days[local.date()][local.hour] += 1
        weekdays[local.weekday()][local.hour] += 1
        at_gate[fix.gate_id].append(local)
    moments = [moment for times in at_gate.values() for moment in times]
    habits = [_habit(gate_id, times) for gate_id, times in at_gate.items()]
    return Routine(
        by_day={day: tuple(days[day]) for day in sorted(days, reverse=True)},
        by_weekday=tuple(tuple(hours) for hours in weekdays),
        gates=tuple(sorted(habits, key=lambda habit: (-habit.days, -habit.transits, habit.gate_id))),
        first_at=min(moments, default=None),
        last_at=max(moments, default=None),
    )


def _habit(gate_id: str, times: list[datetime]) -> GateHabit:
    hours = Counter(moment.hour for moment in times)
    return GateHabit(
        gate_id=gate_id,
        transits=len(times),
        days=len({moment.date() for moment in times}),
        usual_hour=min(hours, key=lambda hour: (-hours[hour], hour)),
        first_at=min(times),
        last_at=max(times),
    )
