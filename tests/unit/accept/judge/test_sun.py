# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the sun stands."""

from datetime import UTC, datetime

import pytest

from anpr.accept.judge.sun import SUNRISE_DEG, sun_elevation_deg

GREENWICH = (51.4779, 0.0)


def test_at_noon_of_an_equinox_the_sun_stands_over_the_equator() -> None:
    # Equinox of 20 March 2026 at 14:46 UTC; the sun passes Greenwich's meridian at about 12:07.
    assert sun_elevation_deg(datetime(2026, 3, 20, 12, 7, tzinfo=UTC), 0.0, 0.0) == pytest.approx(90, abs=0.5)


def test_at_noon_of_the_june_solstice_it_is_as_high_as_latitude_and_tilt_say() -> None:
    noon = datetime(2026, 6, 21, 12, 2, tzinfo=UTC)

    assert sun_elevation_deg(noon, *GREENWICH) == pytest.approx(90 - 51.478 + 23.437, abs=0.05)


def test_the_day_of_the_december_solstice_at_greenwich_lasts_seven_hours_and_fifty_minutes() -> None:
    # Greenwich's almanac gives sunrise 8:04 and sunset 15:54 on 21 December.
    def is_day(hour: int, minute: int) -> bool:
        return sun_elevation_deg(datetime(2026, 12, 21, hour, minute, tzinfo=UTC), *GREENWICH) > SUNRISE_DEG

    assert not is_day(8, 0)
    assert is_day(8, 8)
    assert is_day(15, 50)
    assert not is_day(15, 58)


def test_east_of_greenwich_the_sun_rises_earlier() -> None:
    morning = datetime(2026, 3, 20, 5, 30, tzinfo=UTC)

    assert sun_elevation_deg(morning, 45.0, 15.0) > 0 > sun_elevation_deg(morning, 45.0, 0.0)
