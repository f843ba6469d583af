# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time that tests can move, and identities that sort."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.transit_id import id_moment
from anpr.runtime.clock import ManualClock, SystemClock, new_id

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_manual_clock_moves_only_by_hand(clock: ManualClock) -> None:
    start = clock.now()
    assert clock.now() == start
    clock.advance(1.5)
    assert clock.now() - start == timedelta(seconds=1.5)
    assert clock.monotonic() == 1.5


def test_waiting_moves_the_manual_clock_unless_the_event_is_set(clock: ManualClock) -> None:
    event = threading.Event()
    assert not clock.wait(event, 10)
    assert clock.monotonic() == 10
    event.set()
    assert clock.wait(event, 10)
    assert clock.monotonic() == 10


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_system_clock_is_utc_and_its_wait_ends_at_once_when_set() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    event = threading.Event()
    event.set()
    assert clock.wait(event, 60)
    assert clock.monotonic() <= clock.monotonic()


def test_ids_are_version_7_of_the_time_given_and_sort_by_it() -> None:
    moments = [START + timedelta(milliseconds=7 * number, microseconds=999) for number in range(100)]
    ids = [new_id(moment) for moment in moments]
    assert {identity.version for identity in ids} == {7}
    assert ids == sorted(ids)
    assert [id_moment(identity) for identity in ids] == [moment - timedelta(microseconds=999) for moment in moments]
    assert len({new_id(START) for _ in range(100)}) == 100
