# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers of an outbox: gaps, late arrivals, copies; bounded whatever comes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.domain.sequence import Gap, NumbersSeen, take_numbers
from tests.support.budget import examples

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _at(number: int) -> datetime:
    return NOW + timedelta(seconds=number)


def _take(seen: NumbersSeen, *numbers: int, max_gaps: int = 1000) -> tuple[NumbersSeen, set[int]]:
    return take_numbers(seen, [(number, _at(number)) for number in numbers], NOW, max_gaps)


def _spans(seen: NumbersSeen) -> list[tuple[int, int]]:
    return [(gap.first, gap.last) for gap in seen.gaps]


def test_numbers_in_order_leave_no_gap() -> None:
    seen, new = _take(NumbersSeen(), 1, 2, 3)
    assert (seen.first, seen.last, seen.gaps, new) == (1, 3, (), {1, 2, 3})


def test_a_gap_has_the_times_around_it_and_closes_by_what_comes_late() -> None:
    seen, _ = _take(NumbersSeen(), 1, 5)
    assert seen.gaps == (Gap(2, 4, _at(1), _at(5), NOW),)
    seen, new = _take(seen, 3)
    assert new == {3}
    assert _spans(seen) == [(2, 2), (4, 4)]
    seen, new = _take(seen, 2, 4, 4, 3)
    assert new == {2, 4}
    assert seen.gaps == ()


def test_a_copy_is_not_new() -> None:
    seen, _ = _take(NumbersSeen(), 1, 2)
    assert _take(seen, 1, 2)[1] == set()


def test_what_the_centre_did_not_see_from_the_start_is_no_gap_until_earlier_ones_come() -> None:
    seen, _ = _take(NumbersSeen(), 100)
    assert seen.gaps == ()
    seen, new = _take(seen, 97)
    assert new == {97}
    assert _spans(seen) == [(98, 99)]
    assert seen.first == 97


def test_a_further_epoch_begins_at_one() -> None:
    seen, _ = _take(NumbersSeen(first=1, last=0), 4)
    assert _spans(seen) == [(1, 3)]


def test_gaps_are_bounded_and_their_numbers_counted() -> None:
    seen, _ = _take(NumbersSeen(), *range(1, 101, 2), max_gaps=10)
    assert len(seen.gaps) == 10
    assert seen.forgotten == 39
    assert _spans(seen)[-1] == (98, 98)


@settings(max_examples=examples(200))
@given(st.lists(st.lists(st.integers(1, 60), max_size=12), max_size=12))
def test_every_number_between_the_first_and_the_last_is_new_once_or_in_a_gap(batches: list[list[int]]) -> None:
    seen, came = NumbersSeen(), set[int]()
    for batch in batches:
        seen, new = _take(seen, *batch)
        assert new == set(batch) - came
        came |= new
    missing = {number for gap in seen.gaps for number in range(gap.first, gap.last + 1)}
    if came:
        assert missing == set(range(min(came), max(came) + 1)) - came
