# SPDX-License-Identifier: AGPL-3.0-or-later
"""Habits on other days: at a gate, and at a gate on the way to another."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.habits import GateTime, Habits, Onward
from anpr.domain.vehicle.itinerary import JOURNEY_GAP

START = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 15
WINDOW = timedelta(seconds=30)


def at(day: int, minutes: float) -> datetime:
    return START + timedelta(days=day, hours=8, minutes=minutes)


def journey(*steps: tuple[str, float]) -> list[GateFix]:
    """Of the asked vehicle on the last day, by gate and minute."""
    return [
        GateFix(transit_id=UUID(int=number), gate_id=gate_id, at=at(DAYS - 1, minutes))
        for number, (gate_id, minutes) in enumerate(steps)
    ]


def habits(*steps: tuple[str, float], days: int = DAYS - 1) -> Habits:
    """Of a vehicle that does this every day."""
    transits = [GateTime(gate_id, at(day, minutes)) for day in range(days) for gate_id, minutes in steps]
    return Habits(transits, DAYS, WINDOW)


def onward(*steps: tuple[str, float]) -> tuple[GateFix, Onward]:
    fixes = journey(*steps)
    return fixes[0], Onward.of(fixes, WINDOW)


def test_who_always_goes_on_is_as_likely_as_who_is_there() -> None:
    fix, after = onward(("a", 0), ("b", 5))
    always = habits(("a", 0), ("b", 20))
    assert always.chance(fix) > 0.05
    assert always.chance_onward(fix, after) == always.chance(fix)


@pytest.mark.parametrize("steps", [(("a", 0),), (("a", 0), ("c", 5)), (("b", -10), ("a", 0)), (("a", 0), ("b", 90))])
def test_who_goes_elsewhere_or_the_other_way_or_much_later_does_not_go_on(steps: tuple[tuple[str, float], ...]) -> None:
    fix, after = onward(("a", 0), ("b", 5))
    assert habits(*steps).chance_onward(fix, after) < 0.02 * habits(*steps).chance(fix)


def test_never_seen_is_no_proof_of_never() -> None:
    fix, after = onward(("a", 0), ("b", 5))
    assert 0 < habits().chance_onward(fix, after) == habits().chance(fix)


def test_a_long_journey_is_given_its_time() -> None:
    fix, after = onward(("a", 0), ("b", 40), ("c", 80))
    assert after.within_s == 2 * JOURNEY_GAP.total_seconds()
    assert habits(("a", 0), ("c", 81)).chance_onward(fix, after) > 0.05


def test_of_two_gates_next_to_each_other_the_second_may_be_met_first() -> None:
    fix, after = onward(("a", 0), ("b", 0.4))
    assert habits(("b", -0.4), ("a", 0)).chance_onward(fix, after) > 0.05


def test_the_gate_itself_is_no_way_on() -> None:
    assert onward(("a", 0), ("a", 10))[1].gate_ids == frozenset()


def test_a_meeting_does_not_explain_itself() -> None:
    fix, after = onward(("a", 0), ("b", 5))
    that_day = [GateTime("a", at(DAYS - 1, 0)), GateTime("b", at(DAYS - 1, 5))]
    assert Habits(that_day, DAYS, WINDOW).chance_onward(fix, after) == habits().chance(fix)
