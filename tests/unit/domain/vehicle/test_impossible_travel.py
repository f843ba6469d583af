# SPDX-License-Identifier: AGPL-3.0-or-later
"""Impossible travel: what no vehicle can have done, with all that speaks for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from anpr.domain.vehicle.impossible_travel import (
    CLOCK_TOLERANCE,
    MOST_KMH,
    PLACE_TOLERANCE_M,
    impossible_travels,
    least_kmh,
)
from tests.unit.domain.vehicle.test_itinerary import fix


def test_a_plate_twenty_kilometres_away_two_minutes_later_is_told() -> None:
    (found,) = impossible_travels([fix(1, "a", 0), fix(2, "b", 120, 20)])
    assert found.distance_m == pytest.approx(20_000, rel=1e-3)
    assert found.least_kmh == pytest.approx((20_000 - 2 * PLACE_TOLERANCE_M) / (120 + 60) * 3.6, rel=1e-3)
    assert not found.may_be_misread


def test_a_fast_driver_is_not() -> None:
    assert impossible_travels([fix(1, "a", 0), fix(2, "b", 600, 30)]) == [], "180 km/h"


def test_clocks_that_differ_and_gates_beside_each_other_explain_nothing_away_but_themselves() -> None:
    assert impossible_travels([fix(1, "a", 0), fix(2, "b", 0, 0.5)]) == []
    assert impossible_travels([fix(1, "a", 0), fix(2, "b", 0, 3)]) == [], "three kilometres in a minute of two clocks"
    assert len(impossible_travels([fix(1, "a", 0), fix(2, "b", 0, 5)])) == 1
    assert least_kmh(2 * PLACE_TOLERANCE_M, 0) == 0


def test_a_clock_that_is_known_to_be_wrong_is_allowed_for() -> None:
    fixes = [fix(1, "a", 0), fix(2, "b", 120, 20)]
    assert impossible_travels(fixes, clocks=10 * CLOCK_TOLERANCE) == []
    assert impossible_travels(fixes, most_kmh=4 * MOST_KMH) == []


def test_a_doubtful_read_is_told_as_such() -> None:
    doubtful = replace(fix(2, "b", 120, 20), confidence=0.6)
    (found,) = impossible_travels([fix(1, "a", 0), doubtful])
    assert found.may_be_misread
    assert found.probability == pytest.approx(0.6)


def test_gates_without_a_place_are_passed_over_and_the_rest_is_compared() -> None:
    fixes = [fix(1, "a", 0), fix(2, "x", 60, None), fix(3, "b", 120, 20)]
    (found,) = impossible_travels(fixes)
    assert (found.first.gate_id, found.second.gate_id) == ("a", "b")


def test_two_vehicles_with_one_plate_are_told_each_time_they_alternate() -> None:
    fixes = [fix(n, "ab"[n % 2], n * timedelta(minutes=2).total_seconds(), 20 * (n % 2)) for n in range(6)]
    assert len(impossible_travels(fixes)) == 5
