# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the figures from the gate to the board are made of."""

from datetime import UTC, datetime, timedelta

import pytest

from scripts.benchmarks.gate_moments import Passing, Shown, arrivals, figures_of, shown_in
from scripts.command import CannotRunError

AT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def _ms(milliseconds: float) -> datetime:
    return AT + timedelta(milliseconds=milliseconds)


def _passing(alarm_id: int | None, number: int = 1) -> Passing:
    return Passing(captured_at=AT, last_seen=_ms(400), received_at=_ms(500), alarm_id=alarm_id, number=number)


def _shown(alarm_id: int, seen: int, after_ms: float) -> Shown:
    return Shown(alarm_id=alarm_id, seen=seen, at=_ms(after_ms))


def test_a_row_of_the_stream_says_which_alarm_and_how_many_sightings() -> None:
    line = 'data: <article class="alarm-row is-raised" id="alarm-7" data-alarm="7" data-version="3" data-seen="2">'
    assert shown_in(line, AT) == Shown(alarm_id=7, seen=2, at=AT)
    assert shown_in("event: tally", AT) is None


def test_a_sighting_that_joins_counts_by_the_first_row_that_shows_it() -> None:
    first, second = _passing(7), _passing(7, number=2)
    shown = [_shown(7, 1, 600), _shown(8, 3, 700), _shown(7, 3, 900), _shown(7, 3, 1_200)]
    assert arrivals([first, second], shown) == [(first, _ms(600)), (second, _ms(900))]


def test_what_no_row_showed_is_missed_also_without_an_alarm() -> None:
    passings = [_passing(7), _passing(8), _passing(7, number=2), _passing(None)]
    figures = figures_of(passings, [_shown(7, 1, 600), _shown(8, 1, 800)])
    assert (figures["gate_n"], figures["missed"], figures["gate_new_alarms"]) == (4, 2, 2)


def test_each_delay_has_its_percentiles() -> None:
    passings = [_passing(number) for number in range(101)]
    figures = figures_of(passings, [_shown(number, 1, 600 + number) for number in range(101)])
    names = ("gate_to_board_p50_ms", "gate_to_board_p95_ms", "last_frame_to_board_p95_ms", "stored_to_board_max_ms")
    assert [figures[name] for name in names] == [650, 695, 295, 200]


def test_a_board_that_showed_next_to_nothing_gives_no_figure() -> None:
    with pytest.raises(CannotRunError, match="1 of 2 transits"):
        figures_of([_passing(7), _passing(8)], [_shown(7, 1, 600)])
