# SPDX-License-Identifier: AGPL-3.0-or-later
"""The routine of a vehicle by the site's clock."""

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.routine import routine_of

ROME = ZoneInfo("Europe/Rome")


def fix(gate_id: str, *moment: int) -> GateFix:
    return GateFix(transit_id=UUID(int=1), gate_id=gate_id, at=datetime(*moment, tzinfo=UTC))  # type: ignore[misc, arg-type]


def test_days_and_hours_are_those_of_the_site() -> None:
    routine = routine_of([fix("a", 2026, 11, 20, 23, 30), fix("a", 2026, 11, 20, 7, 10)], ROME)
    assert list(routine.by_day) == [date(2026, 11, 21), date(2026, 11, 20)], "newest first"
    assert routine.by_day[date(2026, 11, 21)][0] == 1, "half past midnight of the next day"
    assert routine.by_weekday[4][8] == 1
    assert routine.days == 2


def test_gates_are_ordered_by_the_days_on_which_the_vehicle_was_there() -> None:
    fixes = [fix("often", 2026, 11, day, 9, 0) for day in (16, 17, 18)]
    fixes += [fix("much", 2026, 11, 16, hour, 0) for hour in range(8, 16)]
    often, much = routine_of(fixes, ROME).gates
    assert (often.gate_id, often.days, often.transits, often.usual_hour) == ("often", 3, 3, 10)
    assert (much.gate_id, much.days, much.transits, much.usual_hour) == ("much", 1, 8, 9)
    assert often.first_at < often.last_at


def test_without_transits_there_is_no_routine() -> None:
    routine = routine_of([], ROME)
    assert (routine.by_day, routine.gates, routine.first_at, routine.last_at) == ({}, (), None, None)
    assert sum(map(sum, routine.by_weekday)) == 0
