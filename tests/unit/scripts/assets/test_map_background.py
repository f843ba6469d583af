# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map's towns: those of Italy, the largest first, with their Italian names."""

from typing import Any

from scripts.assets.map_background import towns_of


def city(name: str, people: int, country: str = "IT") -> dict[str, Any]:
    return {"name": name, "population": people, "countrycode": country, "latitude": 43.12345, "longitude": 11.98765}


def test_towns_of_other_countries_are_left_out_and_large_ones_come_first() -> None:
    cities = {"1": city("Prato", 195_089), "2": city("Nice", 342_669, "FR"), "3": city("Florence", 367_150)}
    assert towns_of(cities) == [["Firenze", 43.123, 11.988, 367], ["Prato", 43.123, 11.988, 195]]
