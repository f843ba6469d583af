# SPDX-License-Identifier: AGPL-3.0-or-later
"""The range of a saved question, moved to the newest days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from anpr.console.pages.search.newest import of_newest_days
from anpr.store.transits.rows import TransitQuery

ROME = ZoneInfo("Europe/Rome")
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def at(day: int, hour: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ROME)


@pytest.mark.parametrize(
    ("since", "until", "saved_at", "expected"),
    [
        (at(10), at(11), at(12, 9), at(21)),
        (at(10), at(13), at(14, 9), at(19)),
        (at(10), None, at(12, 9), at(19)),
        (at(10, 8), at(10, 10), at(12, 9), at(21, 9)),
        (at(24, month=10), at(27, month=10), at(27, 9, month=10), at(19)),
    ],
    ids=["one day", "three days", "until it was saved", "hours", "over the night of the clocks"],
)
def test_a_range_is_as_long_and_ends_now(
    since: datetime, until: datetime | None, saved_at: datetime, expected: datetime
) -> None:
    query = TransitQuery(pattern="AB*", since=since.astimezone(UTC), until=until and until.astimezone(UTC))
    moved = of_newest_days(query, saved_at, NOW, ROME)
    assert (moved.since, moved.until, moved.pattern) == (expected, None, "AB*")


def test_without_a_beginning_it_only_loses_its_end() -> None:
    query = TransitQuery(pattern="AB*", until=NOW - timedelta(days=3))
    moved = of_newest_days(query, NOW, NOW, ROME)
    assert (moved.since, moved.until) == (None, None)
