# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recurring hours: by the clocks of the site, over midnight, and in the two nights in which the clocks change."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.recurrence import MOST_DAYS, Recurrence, hours_in

ROME = ZoneInfo("Europe/Rome")
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


def windows(recurrence: Recurrence, since: datetime, days: float) -> list[tuple[str, str]]:
    found = recurrence.windows(since, since + timedelta(days=days), ROME)
    return [(f"{one.since:%a %d %H:%M}", f"{one.until:%a %d %H:%M}") for one in found]


def test_tuesdays_from_two_to_four_are_hours_of_the_sites_clocks() -> None:
    tuesdays = Recurrence(weekdays=(2,), starts=time(2), ends=time(4))
    assert windows(tuesdays, NOVEMBER, 14) == [("Tue 03 01:00", "Tue 03 03:00"), ("Tue 10 01:00", "Tue 10 03:00")]
    assert windows(tuesdays, datetime(2026, 7, 1, tzinfo=UTC), 7) == [("Tue 07 00:00", "Tue 07 02:00")]


def test_hours_over_midnight_belong_to_the_day_on_which_they_begin() -> None:
    nights = Recurrence(weekdays=(6,), starts=time(22), ends=time(5))
    assert windows(nights, NOVEMBER + timedelta(days=1), 7) == [("Sat 07 21:00", "Sun 08 04:00")]
    later = datetime(2026, 11, 8, 2, tzinfo=UTC)
    assert windows(nights, later, 1) == [("Sun 08 02:00", "Sun 08 04:00")], "the rest of a window that has begun"


def test_the_hour_that_comes_twice_is_in_a_window_both_times() -> None:
    night = Recurrence(starts=time(2), ends=time(3))
    assert windows(night, datetime(2026, 10, 24, 12, tzinfo=UTC), 1) == [("Sun 25 00:00", "Sun 25 02:00")]


def test_hours_that_are_left_out_in_spring_are_no_window() -> None:
    missing = Recurrence(starts=time(2, 10), ends=time(2, 50))
    found = missing.windows(datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 12, tzinfo=UTC), ROME)
    assert hours_in(found) <= 1
    assert windows(Recurrence(starts=time(1), ends=time(4)), datetime(2026, 3, 28, 12, tzinfo=UTC), 1) == [
        ("Sun 29 00:00", "Sun 29 02:00")
    ]


def test_whole_days_that_follow_one_another_are_one_window() -> None:
    assert windows(Recurrence(weekdays=(6, 7)), NOVEMBER + timedelta(days=2), 7) == [("Fri 06 23:00", "Sun 08 23:00")]
    assert windows(Recurrence(starts=time(), ends=time()), NOVEMBER, 2) == [("Sun 01 00:00", "Tue 03 00:00")]


def test_a_range_of_years_has_no_windows() -> None:
    with pytest.raises(ValueError, match="days"):
        Recurrence(weekdays=(1,)).windows(NOVEMBER, NOVEMBER + timedelta(days=MOST_DAYS + 1), ROME)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekdays": (0,)},
        {"weekdays": (8,)},
        {"weekdays": (1, 1)},
        {"starts": time(2)},
        {"starts": time(2), "ends": time(2)},
    ],
    ids=["day 0", "day 8", "a day twice", "no end", "no length"],
)
def test_what_is_no_recurrence_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Recurrence(**wrong)  # type: ignore[arg-type]


@given(
    starts=st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    ends=st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    weekdays=st.sets(st.integers(1, 7)),
    since=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001  hypothesis takes bare ones
    hours=st.integers(1, 24 * 20),
    minute=st.integers(0, 24 * 60 * 20),
)
def test_a_moment_is_in_a_window_exactly_when_the_clocks_say_so(
    starts: time, ends: time, weekdays: set[int], since: datetime, hours: int, minute: int
) -> None:
    if starts == ends:
        return
    since = since.replace(second=0, microsecond=0, tzinfo=UTC)
    until = since + timedelta(hours=hours)
    found = Recurrence(weekdays=tuple(sorted(weekdays)), starts=starts, ends=ends).windows(since, until, ROME)
    assert all(one.until < two.since for one, two in pairwise(found)), "apart, in order"
    moment = since + timedelta(minutes=minute % (hours * 60))
    local = moment.astimezone(ROME)
    if local.date() in {datetime(2026, 3, 29).date(), datetime(2026, 10, 25).date()}:  # noqa: DTZ001
        return
    began = local.time() >= starts
    is_within = began and local.time() < ends if starts < ends else began or local.time() < ends
    day = local.date() if began else (local - timedelta(days=1)).date()
    expected = is_within and (not weekdays or day.isoweekday() in weekdays)
    assert any(one.since <= moment < one.until for one in found) == expected
