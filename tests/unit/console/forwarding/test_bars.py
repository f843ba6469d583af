# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stacked bars of a month."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.console.forwarding.bars import ORDER, month_bars
from tests.support.budget import examples

FIRST = date(2026, 11, 1)


def test_the_tallest_day_fills_the_height_and_others_are_in_proportion() -> None:
    days = {FIRST: {"accepted": 300, "sent": 100}, FIRST + timedelta(days=2): {"accepted": 200}}
    bars = month_bars(days, FIRST, 4)
    assert [bar.total for bar in bars] == [400, 0, 200, 0]
    assert [(piece.state, piece.top, piece.height) for piece in bars[0].pieces] == [
        ("accepted", 25.0, 75.0),
        ("sent", 0.0, 25.0),
    ]
    assert [(piece.top, piece.height) for piece in bars[2].pieces] == [(50.0, 50.0)]
    assert bars[1].pieces == ()


def test_what_is_not_none_is_seen() -> None:
    (bar,) = month_bars({FIRST: {"accepted": 400_000, "rejected": 1}}, FIRST, 1)
    assert bar.pieces[1].state == "rejected"
    assert bar.pieces[1].height > 1.9


def test_without_anything_there_are_empty_days() -> None:
    assert [bar.pieces for bar in month_bars({}, FIRST, 31)] == [()] * 31


@settings(max_examples=examples(100))
@given(st.lists(st.dictionaries(st.sampled_from(ORDER), st.integers(0, 10**9)), min_size=1, max_size=31))
def test_pieces_lie_within_the_whole_and_above_one_another(counts: list[dict[str, int]]) -> None:
    days = {FIRST + timedelta(days=place): each for place, each in enumerate(counts)}
    for bar in month_bars(days, FIRST, len(counts)):
        assert bar.left >= 0
        assert bar.left + bar.width <= 100
        below = 100.0
        for piece in bar.pieces:
            assert piece.top >= 0
            assert piece.top + piece.height <= below + 0.02
            below = piece.top
