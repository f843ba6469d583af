# SPDX-License-Identifier: AGPL-3.0-or-later
"""Local times in Rome and the moments they stand for, also in the nights when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.errors import InputError
from anpr.domain.local_time import (
    TimeFault,
    TimeTextError,
    last_day_included,
    offset_when_doubled,
    parse_moment,
    read_day,
    read_time,
    start_of_day,
)

ROME = ZoneInfo("Europe/Rome")
DAYS = st.dates(date(1980, 1, 1), date(2100, 1, 1))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-02T00:30", "2026-07-01T22:30Z"),
        ("2026-11-21 08:30:15", "2026-11-21T07:30:15Z"),
        ("2026-11-21T08:30+05:00", "2026-11-21T03:30Z"),
        ("21/11/2026 08:30", "2026-11-21T07:30Z"),
        ("1.7.2026, ore 8:30", "2026-07-01T06:30Z"),
        (" 21-11-2026 08.30.15 ", "2026-11-21T07:30:15Z"),
        ("25/10/2026 02:40:10 +01:00", "2026-10-25T01:40:10Z"),
        ("2026-11-21", "2026-11-20T23:00Z"),
    ],
)
def test_a_text_becomes_its_moment(text: str, moment: str) -> None:
    assert parse_moment(text, ROME) == at(moment)


@pytest.mark.parametrize("text", ["2026-11-28", "28/11/2026"])
def test_a_day_alone_is_the_whole_day(text: str) -> None:
    assert parse_moment(text, ROME) == at("2026-11-27T23:00Z")
    assert parse_moment(text, ROME, is_end=True) == at("2026-11-28T23:00Z")


def test_the_day_of_the_clock_change_is_whole_too() -> None:
    begins, ends = (parse_moment("2026-10-25", ROME, is_end=is_end) for is_end in (False, True))
    assert ends - begins == timedelta(hours=25)


def test_in_the_hour_that_comes_twice_a_start_is_the_first_time_and_an_end_the_second() -> None:
    assert parse_moment("2026-10-25T02:30", ROME) == at("2026-10-25T00:30Z")
    assert parse_moment("2026-10-25T02:30", ROME, is_end=True) == at("2026-10-25T01:30Z")


def test_in_the_hour_that_is_left_out_an_end_moves_like_a_nightly_run_and_a_start_is_the_jump() -> None:
    assert parse_moment("2026-03-29T02:30", ROME, is_end=True) == at("2026-03-29T03:30+02:00")
    assert parse_moment("2026-03-29T02:30", ROME) == at("2026-03-29T03:00+02:00")
    assert parse_moment("2026-03-29T02:00", ROME) == at("2026-03-29T03:00+02:00")
    assert parse_moment("2026-03-29T02:59:59.5", ROME) == at("2026-03-29T03:00+02:00")
    assert parse_moment("2026-03-29T02:30", ROME) < parse_moment("2026-03-29T03:15", ROME, is_end=True)


def test_a_day_that_has_no_midnight_begins_at_the_jump() -> None:
    assert start_of_day(date(2024, 9, 8), ZoneInfo("America/Santiago")) == at("2024-09-08T04:00Z")


@pytest.mark.parametrize("is_end", [False, True])
@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59-05:00", "9999-12-31", "0026-11-21", "21/11/26"])
def test_a_year_that_is_a_slip_is_named(text: str, is_end: bool) -> None:
    with pytest.raises(TimeTextError, match=r"the year \d+ lies outside 1900 to 2199") as caught:
        parse_moment(text, ROME, is_end=is_end)
    assert caught.value.fault is TimeFault.WRONG_YEAR


@pytest.mark.parametrize("text", ["ieri", "2026-13-01T00:00", "31/02/2026", "25/10/2026 25:00", "12:30", ""])
def test_what_is_no_time_is_named(text: str) -> None:
    with pytest.raises(TimeTextError, match=f"'{text}' is not a time") as caught:
        parse_moment(text, ROME)
    assert caught.value.fault is TimeFault.NOT_A_TIME


def test_an_option_is_named_and_may_be_empty() -> None:
    assert read_time("--since", " ", ROME) is None
    with pytest.raises(InputError, match=r"^--since: 'ieri' is not a time"):
        read_time("--since", "ieri", ROME)
    assert read_day("--day", "21/11/2026") == date(2026, 11, 21)
    for text in ("9999-12-31", "0001-01-01", "2026-11-21T08:00", "oggi"):
        with pytest.raises(InputError, match=r"^--day: "):
            read_day("--day", text)


def test_only_the_hour_that_comes_twice_carries_its_offset() -> None:
    assert offset_when_doubled(at("2026-10-25T00:30Z"), ROME) == "+02:00"
    assert offset_when_doubled(at("2026-10-25T01:30Z"), ROME) == "+01:00"
    for moment in ("2026-10-24T23:59Z", "2026-10-25T02:00Z", "2026-03-29T00:59Z", "2026-03-29T01:00Z"):
        assert offset_when_doubled(at(moment), ROME) == ""


def test_an_end_at_midnight_is_told_as_the_last_day_included() -> None:
    assert last_day_included(at("2026-11-28T23:00Z"), ROME) == date(2026, 11, 28)
    assert last_day_included(at("2026-11-28T22:00Z"), ROME) is None


@given(DAYS)
def test_a_day_given_as_an_end_is_given_back(day: date) -> None:
    assert last_day_included(parse_moment(day.isoformat(), ROME, is_end=True), ROME) == day


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  a local time as somebody writes it
def test_an_end_never_lies_before_the_start_of_the_same_text(local: datetime) -> None:
    text = local.isoformat()
    start, end = parse_moment(text, ROME), parse_moment(text, ROME, is_end=True)
    assert timedelta(0) <= end - start <= timedelta(hours=1)
