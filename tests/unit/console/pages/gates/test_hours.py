# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hours of a gate: numbers beside what is known of its looking."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from anpr.console.pages.gates.hours import hours_of
from anpr.domain.coverage_strip import CoverageStrip, Look
from anpr.store.transits.gate_activity import HourCount

UNTIL = datetime(2026, 11, 28, 14, 20, tzinfo=UTC)
SINCE = UNTIL - timedelta(hours=24)


def strip(*slots: Look) -> CoverageStrip:
    return CoverageStrip(since=SINCE, until=UNTIL, slots=slots, share=0.5)


def count(hour: int, stored: int, not_kept: int = 0) -> HourCount:
    return HourCount(hour=datetime(2026, 11, 28, hour, tzinfo=UTC), stored=stored, not_kept=not_kept)


def test_the_first_hour_and_the_last_are_parts() -> None:
    hours = hours_of([], None, SINCE, UNTIL).hours
    assert len(hours) == 25
    assert [hours[0].until - hours[0].since, hours[-1].until - hours[-1].since] == [
        timedelta(minutes=40),
        timedelta(minutes=20),
    ]
    assert (hours[0].since, hours[-1].until) == (SINCE, UNTIL)
    assert all(one.until == next_one.since for one, next_one in pairwise(hours))


def test_each_hour_has_its_numbers() -> None:
    found = hours_of([count(13, 7), count(14, 2, 5)], None, SINCE, UNTIL)
    assert [(hour.stored, hour.not_kept, hour.transits) for hour in found.hours[-2:]] == [(7, 0, 7), (2, 5, 7)]
    assert (found.most, found.total) == (7, 14)


def test_an_hour_in_which_the_gate_did_not_look_is_not_called_quiet() -> None:
    found = hours_of([], strip(*[Look.LOOKED] * 48, *[Look.BLIND] * 48), SINCE, UNTIL)
    assert [hour.look for hour in (found.hours[0], found.hours[12], found.hours[-1])] == [
        Look.LOOKED,
        Look.PARTLY,
        Look.BLIND,
    ]
    assert not found.is_sure


def test_a_gate_that_looked_all_day_is_sure_of_its_numbers() -> None:
    assert hours_of([], strip(*[Look.LOOKED] * 96), SINCE, UNTIL).is_sure
    assert not hours_of([], None, SINCE, UNTIL).is_sure
