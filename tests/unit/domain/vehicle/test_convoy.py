# SPDX-License-Identifier: AGPL-3.0-or-later
"""Convoys against chance: who drives along stands out, who keeps the same hours does not."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.domain.vehicle.chance import poisson_tail
from anpr.domain.vehicle.convoy import Companion, Meeting, rank_companions
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.habits import GateTime

START = datetime(2026, 11, 2, tzinfo=UTC)
DAYS = 14
WINDOW = timedelta(seconds=30)
Others = dict[str, list[GateTime]]


def at(day: int, second: float) -> datetime:
    return START + timedelta(days=day, seconds=second)


def fix(number: int, gate_id: str, moment: datetime) -> GateFix:
    return GateFix(transit_id=UUID(int=number), gate_id=gate_id, at=moment)


def ranked(asked: list[GateFix], others: Others, compared: int = 0) -> dict[str, Companion]:
    """By plate; the meetings are those that a store would find."""
    meetings = [
        Meeting(plate, each.transit_id, each.gate_id, each.at, (other.at - each.at).total_seconds())
        for each in asked
        for plate, transits in others.items()
        for other in transits
        if other.gate_id == each.gate_id and abs(other.at - each.at) <= WINDOW
    ]
    found = rank_companions(asked, meetings, others, WINDOW, timedelta(days=DAYS), compared)
    return {each.plate: each for each in found}


def irregular(journeys: int, seed: int = 1) -> list[GateFix]:
    """The asked vehicle at three gates, on so many days, at any hour."""
    draw = random.Random(seed)
    fixes = []
    for day in range(journeys):
        hour = draw.uniform(6, 22) * 3600
        for number, gate_id in enumerate("abc"):
            fixes.append(fix(10 * day + number, gate_id, at(day, hour + 300 * number)))
    return fixes


def behind(fixes: list[GateFix], seconds: float) -> list[GateTime]:
    return [GateTime(each.gate_id, each.at + timedelta(seconds=seconds)) for each in fixes]


def test_who_follows_at_any_hour_stands_out() -> None:
    asked = irregular(4)
    found = ranked(asked, {"WITH": behind(asked, 8)}, compared=2000)["WITH"]
    assert (found.journeys, found.gates, found.meetings) == (4, 3, 12)
    assert found.median_offset_s == 8
    assert found.expected < 0.1
    assert found.ratio > 40
    assert found.is_more_than_chance


def test_who_keeps_the_same_hours_does_not() -> None:
    """Both commute at a quarter past eight with some minutes of scatter, and meet now and then."""
    draw = random.Random(5)
    asked = [fix(day, "a", at(day, 8.25 * 3600 + draw.gauss(0, 90))) for day in range(DAYS)]
    other = [GateTime("a", at(day, 8.25 * 3600 + draw.gauss(0, 90))) for day in range(DAYS)]
    found = ranked(asked, {"NEIGHBOUR": other}, compared=500)["NEIGHBOUR"]
    assert found.journeys >= 1
    assert found.expected > 0.5
    assert not found.is_more_than_chance


def test_a_bus_that_is_always_there_does_not() -> None:
    asked = irregular(8)
    bus = [GateTime(gate_id, at(day, 300 * n)) for day in range(DAYS) for n in range(288) for gate_id in "abc"]
    found = ranked(asked, {"BUS": bus})["BUS"]
    assert found.expected > 2
    assert not found.is_more_than_chance


def often_at(gate_id: str, every_s: int, days: int) -> list[GateTime]:
    """A vehicle that is at this gate at any hour of every day."""
    return [
        GateTime(gate_id, at(day, second)) for day in range(days) for second in range(every_s // 2, 86_400, every_s)
    ]


def test_who_is_often_at_one_gate_and_drives_along_on_some_days_stands_out() -> None:
    """Meetings at one gate are explained by its habits; that it went on with the asked vehicle five times is not."""
    asked = irregular(DAYS)
    found = ranked(asked, {"WITH": often_at("a", 1300, DAYS) + behind(asked[:15], 8)}, compared=500)["WITH"]
    assert found.joint_journeys == 5
    assert found.expected > 0.5
    assert found.is_more_than_chance


def test_who_goes_the_same_way_at_the_same_hours_does_not() -> None:
    """Neighbours who meet at the first gate meet at all that follow: in a queue everybody is as fast."""
    draw = random.Random(7)
    ways = [[8.25 * 3600 + draw.gauss(0, 90) for day in range(DAYS)] for _ in range(2)]
    mine, theirs = (
        [(gate_id, at(day, second + 300 * n)) for day, second in enumerate(way) for n, gate_id in enumerate("abc")]
        for way in ways
    )
    asked = [fix(number, *each) for number, each in enumerate(mine)]
    found = ranked(asked, {"NEIGHBOUR": [GateTime(*each) for each in theirs]}, compared=500)["NEIGHBOUR"]
    assert found.joint_journeys >= 2
    assert not found.is_more_than_chance


def test_meetings_at_one_gate_are_no_joint_journey() -> None:
    asked = irregular(4)
    found = ranked(asked, {"ONE": behind(asked[::3], 8)})["ONE"]
    assert (found.journeys, found.joint_journeys) == (4, 0)


def test_two_questions_are_corrected_for() -> None:
    asked = irregular(4)
    found = ranked(asked, {"ONE": behind(asked[::3], 8)})["ONE"]
    assert found.p_value == pytest.approx(2 * poisson_tail(4, found.expected))


def test_one_traffic_jam_is_one_journey() -> None:
    asked = irregular(3)
    found = ranked(asked, {"ONCE": behind(asked[:3], 5)})["ONCE"]
    assert (found.meetings, found.journeys) == (3, 1)
    assert not found.is_more_than_chance, "one journey alone is never enough"


def test_the_least_likely_by_chance_comes_first() -> None:
    asked = irregular(6)
    bus = [GateTime("a", at(day, 600 * n)) for day in range(DAYS) for n in range(144)]
    found = list(ranked(asked, {"BUS": bus, "TWICE": behind(asked[:6], 9), "ALWAYS": behind(asked, 9)}))
    assert found[:2] == ["ALWAYS", "TWICE"]


def test_the_more_vehicles_were_compared_the_more_it_takes() -> None:
    asked = irregular(2)
    few, many = (ranked(asked, {"WITH": behind(asked, 8)}, compared=n)["WITH"] for n in (1, 10_000_000))
    assert few.is_more_than_chance
    assert not many.is_more_than_chance


def test_midnight_is_no_edge_of_habits() -> None:
    """A night worker who passes a minute before or after midnight is expected on either side of it."""
    asked = [fix(day, "a", at(day, 86_399)) for day in range(DAYS - 1)]
    other = [GateTime("a", at(day, 86_399 + (2 if day % 2 else -2))) for day in range(DAYS - 1)]
    found = ranked(asked, {"NIGHT": other})["NIGHT"]
    assert found.expected > 0.5


def test_without_meetings_there_is_nobody() -> None:
    assert rank_companions(irregular(2), [], {}, WINDOW, timedelta(days=2)) == []


@pytest.mark.parametrize("days", [0.5, 1.0])
def test_a_period_of_a_day_knows_no_other_days_and_says_nothing_impossible(days: float) -> None:
    asked = irregular(1)
    meetings = [Meeting("X", each.transit_id, each.gate_id, each.at, 1.0) for each in asked]
    (found,) = rank_companions(asked, meetings, {"X": behind(asked, 1)}, WINDOW, timedelta(days=days))
    assert found.expected > 0
    assert 0 <= found.p_value <= 1
