# SPDX-License-Identifier: AGPL-3.0-or-later
"""How values look on a page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from anpr.console.rendering import filters
from anpr.console.rendering.translations import load_catalogues
from anpr.domain.health import STATES
from anpr.domain.local_time import parse_moment

ROME = ZoneInfo("Europe/Rome")
SUMMER = datetime(2026, 7, 1, 22, 30, 5, 123456, tzinfo=UTC)


def test_times_are_the_sites_own() -> None:
    assert filters.local_moment(SUMMER, ROME) == "02/07/2026 00:30:05"
    assert filters.local_day(SUMMER, ROME) == "02/07/2026"
    assert filters.universal_moment(SUMMER) == "2026-07-01 22:30:05.123 UTC"
    assert filters.universal_moment(SUMMER.astimezone(ROME)) == "2026-07-01 22:30:05.123 UTC"


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        (SUMMER, "02/07/2026 00:30:05", "02/07/2026 00:30:05"),
        (datetime(2026, 11, 20, 23, 0, tzinfo=UTC), "21/11/2026", "20/11/2026"),
        (datetime(2026, 11, 20, 22, 59, tzinfo=UTC), "20/11/2026 23:59", "20/11/2026 23:59"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "25/10/2026 02:30 +02:00", "25/10/2026 02:30 +02:00"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "25/10/2026 02:30 +01:00", "25/10/2026 02:30 +01:00"),
    ],
)
def test_a_field_gives_back_what_it_was_given(moment: datetime, start: str, end: str) -> None:
    assert filters.field_start(moment, ROME) == start
    assert filters.field_end(moment, ROME) == end
    assert parse_moment(start, ROME) == moment.replace(microsecond=0)
    assert parse_moment(end, ROME, is_end=True) == moment.replace(microsecond=0)


def test_times_of_the_hour_that_comes_twice_carry_their_offset() -> None:
    first, second = (datetime(2026, 10, 25, hour, 40, 7, tzinfo=UTC) for hour in (0, 1))
    assert filters.local_moment(first, ROME) == "25/10/2026 02:40:07 +02:00"
    assert filters.local_time(second, ROME) == "02:40:07 +01:00"


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.9999, "99 %"), (0.97, "97 %"), (0.006, "1 %"), (0.004, "< 1 %"), (0.0, "< 1 %")],
)
def test_only_what_is_certain_is_a_hundred_percent(share: float, text: str) -> None:
    assert filters.percent(share) == text


def test_numbers_have_the_languages_comma() -> None:
    assert (filters.decimal(1.25, "it"), filters.decimal(1.25, "en")) == ("1,2", "1.2")


def test_the_band_shows_the_sign_of_the_country() -> None:
    assert [filters.country_sign(country) for country in ("IT", "I", "DE", "SCV", None)] == ["I", "I", "D", "SCV", ""]
    signs = {"EE": "EST", "HU": "H", "SE": "S", "IE": "IRL", "FI": "FIN", "NO": "N", "CH": "CH", "SM": "RSM", "VA": "V"}
    assert {country: filters.country_sign(country) for country in signs} == signs


def test_only_plates_of_the_european_union_have_the_stars() -> None:
    codes = ("IT", "I", "DE", "EE", "S", "CH", "GB", "UA", "SM", "VA", "", None)
    starred = [country for country in codes if filters.is_european_union(country)]
    assert starred == ["IT", "I", "DE", "EE", "S"]


@pytest.mark.parametrize("state", [*STATES, "a-state-of-a-newer-reader"])
def test_every_health_state_has_its_sentence(state: str) -> None:
    key = filters.state_message_key(state)
    for catalogue in load_catalogues().values():
        values = {"subject": "S", "state": state, "since": "10:00"}
        assert "10:00" in catalogue(f"health.{key}_open", **values)
        assert "11:00" in catalogue(f"health.{key}", **values, until="11:00")


def test_a_degraded_view_is_not_told_as_an_outage() -> None:
    assert {filters.state_message_key(state) for state in ("blurred", "dark")} == {"poor"}
    assert {filters.state_message_key(state) for state in ("frozen", "unreachable", "away", "stopped")} == {"gap"}
