# SPDX-License-Identifier: AGPL-3.0-or-later
"""Day or night, by hours or by the sun."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from anpr.accept.count.vehicle import Lighting
from anpr.accept.judge.light import light_by_hours, light_by_sun
from anpr.domain.errors import InputError
from tests.support.acceptance import site


def test_hours_are_local_time() -> None:
    light = light_by_hours(time(8), time(17), ZoneInfo("Europe/Rome"))

    assert light(datetime(2026, 12, 1, 7, 0, tzinfo=UTC)) is Lighting.DAY
    assert light(datetime(2026, 12, 1, 6, 59, tzinfo=UTC)) is Lighting.NIGHT
    assert light(datetime(2026, 12, 1, 16, 0, tzinfo=UTC)) is Lighting.NIGHT


def test_hours_that_are_not_in_order_are_an_error() -> None:
    with pytest.raises(InputError, match="--day: 17:00 is not before 08:00"):
        light_by_hours(time(17), time(8), ZoneInfo("Europe/Rome"))


def test_the_sun_at_the_gate_tells_day_from_night() -> None:
    light = light_by_sun(site())

    assert light(datetime(2026, 12, 1, 11, tzinfo=UTC)) is Lighting.DAY
    assert light(datetime(2026, 12, 1, 17, tzinfo=UTC)) is Lighting.NIGHT
    assert light(datetime(2026, 6, 21, 17, tzinfo=UTC)) is Lighting.DAY


def test_a_gate_without_coordinates_needs_hours() -> None:
    with pytest.raises(InputError, match=r"gate Via Roma has no latitude and longitude.*--day 07:30-17:00"):
        light_by_sun(site(latitude=None))
