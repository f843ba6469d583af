# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which alarm a sighting belongs to, which one leads, and how long a slip can be undone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.alarm import (
    REOPEN_WITHIN,
    Alarm,
    AlarmKind,
    AlarmOutcome,
    AlarmState,
    kind_of,
    leads,
    may_join,
    may_reopen,
    vehicle_of,
)
from anpr.domain.watchlist import ListKind, Priority

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEN = timedelta(minutes=10)


def alarm(outcome: AlarmOutcome | None = None) -> Alarm:
    open_one = Alarm(
        id=1,
        vehicle="AB123CD",
        organisation_id="manager",
        kind=AlarmKind.STOLEN,
        priority=Priority.HIGH,
        raised_at=NOON,
        first_seen_at=NOON,
        last_seen_at=NOON,
    )
    if outcome is None:
        return open_one
    return replace(open_one, state=AlarmState.CLOSED, closed_by="anna", closed_at=NOON, outcome=outcome)


def test_an_open_alarm_takes_every_sighting_of_its_vehicle() -> None:
    assert may_join(alarm(), [1], 2, NOON + timedelta(days=3), TEN)


@pytest.mark.parametrize("outcome", list(AlarmOutcome))
def test_a_closed_one_takes_those_of_its_entries_for_minutes_where_it_is_settled(outcome: AlarmOutcome) -> None:
    is_settled = outcome in {AlarmOutcome.STOPPED, AlarmOutcome.FALSE_READ, AlarmOutcome.OUT_OF_DATE}
    soon, late = NOON + TEN - timedelta(seconds=1), NOON + TEN
    assert may_join(alarm(outcome), [1], 1, soon, TEN) == is_settled
    assert not may_join(alarm(outcome), [1], 2, soon, TEN), "another entry is news"
    assert not may_join(alarm(outcome), [1], 1, late, TEN)
    assert not may_join(alarm(outcome), [1], 1, NOON, timedelta()), "switched off"


def test_priority_leads_and_then_the_graver_kind() -> None:
    assert leads((Priority.HIGH, AlarmKind.LOCAL), (Priority.LOW, AlarmKind.STOLEN))
    assert leads((Priority.LOW, AlarmKind.STOLEN), (Priority.LOW, AlarmKind.UNINSPECTED))
    assert not leads((Priority.LOW, AlarmKind.LOCAL), (Priority.LOW, AlarmKind.LOCAL))


def test_the_vehicle_is_what_the_entry_names_or_what_was_read_for_a_part_of_a_plate() -> None:
    assert vehicle_of("AB123CD", "A8123CD") == "AB123CD"
    assert vehicle_of("AB12*", "AB129ZZ") == vehicle_of("AB?29ZZ", "AB129ZZ") == "AB129ZZ"


def test_a_list_of_allowed_plates_has_no_kind_of_alarm() -> None:
    assert kind_of(ListKind.UNINSPECTED) is AlarmKind.UNINSPECTED
    with pytest.raises(ValueError, match="allowed"):
        kind_of(ListKind.ALLOWED)


def test_a_slip_can_be_undone_for_minutes() -> None:
    closed = alarm(AlarmOutcome.OTHER)
    assert may_reopen(closed, NOON + REOPEN_WITHIN)
    assert not may_reopen(closed, NOON + REOPEN_WITHIN + timedelta(seconds=1))
    assert not may_reopen(alarm(), NOON)
