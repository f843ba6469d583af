# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which patrol is nearest, and what is in an area."""

import pytest

from anpr.domain.patrol import OnDuty, Place, distance_m, is_in_area, nearest_first

FLORENCE = Place(latitude=43.7696, longitude=11.2558)
PRATO = Place(latitude=43.8777, longitude=11.1022)


def test_a_distance_is_that_of_the_map() -> None:
    assert distance_m(FLORENCE, PRATO) == pytest.approx(17_200, rel=0.01)
    assert distance_m(PRATO, FLORENCE) == pytest.approx(distance_m(FLORENCE, PRATO))
    assert distance_m(PRATO, PRATO) == 0
    east, west = Place(latitude=0, longitude=179.9), Place(latitude=0, longitude=-179.9)
    assert distance_m(east, west) == pytest.approx(22_239, rel=0.01), "over the date line"
    poles = Place(latitude=90, longitude=0), Place(latitude=-90, longitude=0)
    assert distance_m(*poles) == pytest.approx(20_015_000, rel=0.01)


def test_the_nearest_is_first_and_who_shows_no_position_last_by_name() -> None:
    near, far = OnDuty(name="zeno", place=PRATO), OnDuty(name="anna", place=FLORENCE)
    hidden = [OnDuty(name="mario"), OnDuty(name="luca")]
    found = nearest_first([far, *hidden, near], PRATO)
    assert [each.patrol.name for each in found] == ["zeno", "anna", "luca", "mario"]
    assert [each.metres is None for each in found] == [False, False, True, True]


def test_without_a_place_of_the_gate_they_are_by_name() -> None:
    found = nearest_first([OnDuty(name="zeno", place=PRATO), OnDuty(name="anna", place=FLORENCE)], None)
    assert [(each.patrol.name, each.metres) for each in found] == [("anna", None), ("zeno", None)]


def test_an_empty_area_has_every_gate() -> None:
    assert is_in_area([], ["nord"])
    assert is_in_area(["nord", "sud"], ["est", "sud"])
    assert not is_in_area(["nord"], ["sud"])
    assert not is_in_area(["nord"], [])
