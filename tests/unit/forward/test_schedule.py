# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calendar days and nightly starts in Rome, also when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.forward.schedule import day_scope, days_to_do, local_day, start_after, start_before

ROME = ZoneInfo("Europe/Rome")
SPRING = date(2026, 3, 29)  # 02:00 becomes 03:00
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  the strategy adds the zone
    datetime(2035, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
AUTUMN = date(2026, 10, 25)  # 03:00 becomes 02:00


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2026, 11, 21), 24)])
def test_a_day_is_as_long_as_it_is_in_rome(day: date, hours: int) -> None:
    scope = day_scope("questura", day, ROME)
    assert scope.until - scope.since == timedelta(hours=hours)


def test_a_day_begins_at_midnight_in_rome() -> None:
    scope = day_scope("questura", date(2026, 11, 21), ROME)
    assert scope.since == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)
    assert scope.until == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


@given(MOMENTS)
def test_every_moment_belongs_to_exactly_its_own_day(moment: datetime) -> None:
    day = local_day(moment, ROME)
    scope = day_scope("questura", day, ROME)
    assert scope.since <= moment < scope.until
    assert day_scope("questura", day + timedelta(days=1), ROME).since == scope.until


def test_days_to_do_go_from_the_oldest_moment_to_the_newest_day() -> None:
    oldest = datetime(2026, 10, 23, 22, 30, tzinfo=UTC)  # already the 24th in Rome
    assert days_to_do(oldest=oldest, newest=date(2026, 10, 26), zone=ROME) == [
        date(2026, 10, 24),
        date(2026, 10, 25),
        date(2026, 10, 26),
    ]
    assert days_to_do(oldest=oldest, newest=date(2026, 10, 23), zone=ROME) == []


@given(
    MOMENTS,
    st.times(),
)
def test_one_start_a_day_around_now(now: datetime, at: time) -> None:
    before, after = start_before(now, at, ROME), start_after(now, at, ROME)
    assert before <= now < after
    assert timedelta(hours=22) < after - before < timedelta(hours=26)
    assert start_after(before, at, ROME) == after


def test_the_hour_that_is_left_out_in_spring_still_has_its_run() -> None:
    start = start_after(datetime(2026, 3, 28, 12, 0, tzinfo=UTC), time(2, 30), ROME)
    assert start == datetime(2026, 3, 29, 3, 30, tzinfo=ROME)


def test_the_hour_that_comes_twice_in_autumn_has_one_run() -> None:
    first = start_after(datetime(2026, 10, 24, 12, 0, tzinfo=UTC), time(2, 30), ROME)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert start_after(first, time(2, 30), ROME) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
