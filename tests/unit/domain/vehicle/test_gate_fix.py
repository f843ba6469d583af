# SPDX-License-Identifier: AGPL-3.0-or-later
"""Distances between gates."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from anpr.domain.vehicle.gate_fix import GateFix, distance_m, great_circle_m

ROME, MILAN = (41.8931, 12.4828), (45.4642, 9.1900)
FIX = GateFix(
    transit_id=UUID(int=1), gate_id="a", at=datetime(2026, 11, 21, tzinfo=UTC), latitude=ROME[0], longitude=ROME[1]
)


def test_the_great_circle_is_that_of_the_earth() -> None:
    assert great_circle_m(ROME, MILAN) == pytest.approx(476_900, rel=0.003)
    assert great_circle_m((0, 0), (0, 180)) == pytest.approx(20_015_114, rel=1e-6)
    assert great_circle_m((0, 179.5), (0, -179.5)) == pytest.approx(111_195, rel=1e-4), "across the date line"
    assert great_circle_m(ROME, ROME) == 0


def test_one_gate_is_no_distance_from_itself_even_without_a_place() -> None:
    nowhere = replace(FIX, latitude=None, longitude=None)
    assert distance_m(nowhere, nowhere) == 0


def test_a_gate_without_a_place_gives_no_distance() -> None:
    assert distance_m(FIX, replace(FIX, gate_id="b", latitude=None, longitude=None)) is None
