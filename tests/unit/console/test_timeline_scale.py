# SPDX-License-Identifier: AGPL-3.0-or-later
"""The axis of a timeline: bins and ticks at round moments of the site, also when the clocks change."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.console.timeline_scale import TimeScale

ROME = ZoneInfo("Europe/Rome")
SINCE = datetime(2026, 11, 21, 9, 17, 5, tzinfo=UTC)


@given(st.integers(min_value=1, max_value=40 * 86_400), st.integers(min_value=4, max_value=60))
def test_bins_cover_the_stretch_without_gaps_and_are_no_more_than_asked(seconds: int, most: int) -> None:
    scale = TimeScale(SINCE, SINCE + timedelta(seconds=seconds), ROME)
    bins = scale.bins(most)
    assert 1 <= len(bins) <= most
    assert bins[0].since == scale.since
    assert bins[-1].until == scale.until
    assert all(one.until == other.since for one, other in itertools.pairwise(bins))
    assert all(each.since < each.until for each in bins)
    assert len(scale.ticks(most)) < most


@pytest.mark.parametrize(
    ("length", "first"),
    [
        (timedelta(minutes=30), "10:20"),
        (timedelta(hours=6), "11:00"),
        (timedelta(days=7), "00:00"),
    ],
)
def test_ticks_are_round(length: timedelta, first: str) -> None:
    ticks = TimeScale(SINCE, SINCE + length, ROME).ticks(8)
    assert f"{ticks[0].at.astimezone(ROME):%H:%M}" == first
    assert all(0 <= tick.left <= 100 for tick in ticks)


def test_a_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    since, until = (datetime(2026, 10, day, tzinfo=ROME).astimezone(UTC) for day in (25, 26))
    scale = TimeScale(since, until, ROME)
    assert len(scale.hours()) == 25
    assert len(scale.days()) == 1


def test_days_are_cut_at_the_ends() -> None:
    scale = TimeScale(SINCE, SINCE + timedelta(days=2), ROME)
    days = scale.days()
    assert len(days) == 3
    assert (days[0].since, days[-1].until) == (scale.since, scale.until)


def test_what_lies_outside_is_at_the_edge() -> None:
    scale = TimeScale(SINCE, SINCE + timedelta(hours=1), ROME)
    assert scale.left(SINCE - timedelta(hours=1)) == 0
    assert scale.left(SINCE + timedelta(minutes=30)) == 50
    assert scale.left(SINCE + timedelta(hours=3)) == 100
