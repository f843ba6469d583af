# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way of a vehicle: its legs, and where one journey ends and another begins."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.itinerary import JOURNEY_GAP, journeys_of, legs_of

START = datetime(2026, 11, 21, 8, tzinfo=UTC)
KM = 1 / 111.195


def fix(number: int, gate_id: str, after_s: float, north_km: float | None = 0.0) -> GateFix:
    place = {} if north_km is None else {"latitude": 43 + north_km * KM, "longitude": 11.0}
    return GateFix(transit_id=UUID(int=number), gate_id=gate_id, at=START + timedelta(seconds=after_s), **place)


def test_a_leg_has_its_time_its_distance_and_its_speed() -> None:
    (leg,) = legs_of([fix(2, "b", 600, 10), fix(1, "a", 0)])
    assert leg.start.gate_id == "a", "whatever the order in which they come"
    assert leg.seconds == 600
    assert leg.distance_m == pytest.approx(10_000, rel=1e-3)
    assert leg.kmh == pytest.approx(60, rel=1e-3)


def test_no_speed_is_told_at_one_gate_without_a_place_or_within_a_second() -> None:
    same, unknown, at_once = legs_of(
        [fix(1, "a", 0), fix(2, "a", 60), fix(3, "b", 120, None), fix(4, "b", 120.5, None)]
    )
    assert [same.kmh, unknown.kmh, at_once.kmh] == [None, None, None]
    assert [same.distance_m, unknown.distance_m, at_once.distance_m] == [0, None, 0]
    (quick,) = legs_of([fix(1, "a", 0), fix(2, "b", 0.5, 1)])
    assert quick.kmh is None


def test_a_pause_ends_a_journey() -> None:
    gap = JOURNEY_GAP.total_seconds()
    fixes = [fix(1, "a", 0), fix(2, "b", gap), fix(3, "c", 2 * gap + 1)]
    assert [[each.gate_id for each in journey] for journey in journeys_of(fixes)] == [["a", "b"], ["c"]]
    assert journeys_of([]) == []
    assert legs_of([]) == []
