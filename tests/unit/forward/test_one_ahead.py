# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prefetch of one item, and the groups of files that are sent together."""

import threading
from collections.abc import Iterator

import pytest

from anpr.forward.delivery_client import in_groups
from anpr.forward.one_ahead import one_ahead


@pytest.mark.parametrize("ahead", [True, False])
def test_the_items_come_in_their_order(ahead: bool) -> None:
    assert list(one_ahead(iter([1, 2, 3]), lambda: ahead)) == [1, 2, 3]
    assert list(one_ahead(iter(()), lambda: ahead)) == []


def test_the_next_item_is_made_while_this_one_is_worked_on() -> None:
    made = threading.Event()

    def items() -> Iterator[str]:
        yield "first"
        made.set()
        yield "second"

    coming = one_ahead(items(), lambda: True)
    assert next(coming) == "first"
    assert made.wait(60)
    assert list(coming) == ["second"]


def test_nothing_is_made_ahead_where_it_may_not() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append(number)
            yield number

    seen = [(number, len(made)) for number in one_ahead(items(), lambda: False)]
    assert seen == [(0, 1), (1, 2), (2, 3)]


def test_what_goes_wrong_while_an_item_is_made_is_raised_in_its_turn() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    coming = one_ahead(items(), lambda: True)
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)


def test_files_are_grouped_by_number_and_bytes() -> None:
    files = [(str(n), bytes(size)) for n, size in enumerate([1, 1, 1, 9, 1, 20, 1])]
    groups = [[name for name, _ in group] for group in in_groups(files, 2, 10)]
    assert groups == [["0", "1"], ["2", "3"], ["4"], ["5"], ["6"]]
    assert list(in_groups([], 2, 10)) == []
