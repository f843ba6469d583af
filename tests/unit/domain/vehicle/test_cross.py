# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cross search: which windows can be asked, and in which order vehicles come."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.domain.errors import InputError
from anpr.domain.vehicle.cross import MOST_SPAN, MOST_WINDOWS, CrossHit, CrossWindow, check_windows, rank_common

START = datetime(2026, 11, 21, 10, tzinfo=UTC)


def window(minutes: float = 10, *gate_ids: str) -> CrossWindow:
    return CrossWindow(gate_ids=gate_ids or ("a",), since=START, until=START + timedelta(minutes=minutes))


def hit(plate: str, number: int) -> CrossHit:
    return CrossHit(plate, number, UUID(int=number), "a", START)


@pytest.mark.parametrize(
    ("windows", "least", "says"),
    [
        ([window()], 2, "from 2 to 10"),
        ([window()] * (MOST_WINDOWS + 1), 2, "from 2 to 10"),
        ([window()] * 3, 4, "from 2 to 3"),
        ([window()] * 3, 1, "from 2 to 3"),
        ([window(), window(0)], 2, "window 2"),
        ([window(), window(-5)], 2, "window 2"),
        ([window(MOST_SPAN.total_seconds() / 60 + 1), window()], 2, "window 1"),
        ([CrossWindow(gate_ids=(), since=START, until=START + MOST_SPAN), window()], 2, "no gate"),
    ],
    ids=["one", "eleven", "least above", "least below", "empty", "backwards", "long", "no gate"],
)
def test_what_cannot_be_asked_is_refused(windows: list[CrossWindow], least: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        check_windows(windows, least)


def test_ten_windows_of_a_day_can_be_asked() -> None:
    check_windows([window(MOST_SPAN.total_seconds() / 60)] * MOST_WINDOWS, MOST_WINDOWS)


def test_who_was_in_more_windows_comes_first_and_then_who_is_seen_less() -> None:
    hits = [hit("BUS", 0), hit("BUS", 1), hit("RARE", 1), hit("RARE", 0), *(hit("ALL", n) for n in range(3))]
    found = rank_common(hits, {"BUS": 900, "RARE": 2, "ALL": 50})
    assert [each.plate for each in found] == ["ALL", "RARE", "BUS"]
    assert [each.window for each in found[1].hits] == [0, 1]
    assert found[1].transits == 2
