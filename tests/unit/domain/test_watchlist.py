# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a transit is an entry."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.domain.read import Box, Candidate
from anpr.domain.transit import Transit
from anpr.domain.watchlist import Entry, ListKind, MatchMode, Priority, Watchlist, matches, probability_that

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TRANSIT = Transit(
    id=UUID(int=1),
    gate_id="north",
    camera_id="north-1",
    reader_id="reader-1",
    captured_at=NOON,
    first_seen=NOON,
    last_seen=NOON,
    plate="AB123CD",
    raw="AB123CD",
    confidence=0.7,
    candidates=(Candidate(text="AB123CD", probability=0.7), Candidate(text="AB123CO", probability=0.2)),
    reads=3,
    box=Box(x=0, y=0, w=100, h=20),
)
ENTRY = Entry(id=1, watchlist_id="a1", plate="AB123CD", reason="stolen")
EXACT = Watchlist(id="a1", name="Stolen", priority=Priority.HIGH, purpose="p", legal_basis="l")


def hits(entry: Entry, watchlist: Watchlist) -> list[float]:
    return [match.probability for match in matches(TRANSIT, [(entry, watchlist)])]


def test_the_same_plate_matches_in_every_mode() -> None:
    for mode in MatchMode:
        assert hits(ENTRY, replace(EXACT, match=mode)) == [0.7]


def test_a_plate_that_is_allowed_matches_in_no_mode() -> None:
    for mode in MatchMode:
        assert hits(ENTRY, replace(EXACT, match=mode, kind=ListKind.ALLOWED)) == []


def test_a_look_alike_matches_only_where_the_list_says_so() -> None:
    entry = replace(ENTRY, plate="A8I23CD")
    assert hits(entry, EXACT) == []
    assert hits(entry, replace(EXACT, match=MatchMode.LOOK_ALIKE)) == [0.0]


@pytest.mark.parametrize(("least", "expected"), [(0.1, [0.2]), (0.2, [0.2]), (0.3, [])])
def test_a_candidate_matches_from_the_lists_probability_on(least: float, expected: list[float]) -> None:
    watchlist = replace(EXACT, match=MatchMode.PROBABILITY, min_probability=least)
    assert hits(replace(ENTRY, plate="AB123CO"), watchlist) == expected


def test_validity_counts_at_capture_time_and_its_end_is_outside() -> None:
    hour = timedelta(hours=1)
    assert hits(replace(ENTRY, valid_from=NOON, valid_to=NOON + hour), EXACT)
    assert not hits(replace(ENTRY, valid_from=NOON + hour), EXACT)
    assert not hits(replace(ENTRY, valid_to=NOON), EXACT)


def test_an_unknown_plate_has_no_probability() -> None:
    assert probability_that(TRANSIT, "ZZ999ZZ") == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"captured_at": NOON.replace(tzinfo=None)}, "captured_at needs a time zone"),
        ({"plate": "ab123cd"}, "normal form"),
        ({"confidence": 1.2}, "confidence"),
        ({"reads": 0}, "read at least once"),
    ],
)
def test_an_impossible_transit_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(TRANSIT, **change)  # type: ignore[arg-type]


def test_a_plate_that_is_no_candidate_has_a_probability_like_any_other() -> None:
    """An integer among the numbers of one statement is refused by the driver, and no alarm would be raised."""
    assert repr(probability_that(TRANSIT, "ZZ999ZZ")) == "0.0"


def test_no_entry_matches_after_the_end_of_its_list() -> None:
    assert hits(ENTRY, replace(EXACT, valid_to=NOON + timedelta(microseconds=1)))
    assert not hits(ENTRY, replace(EXACT, valid_to=NOON))
    assert not hits(replace(ENTRY, valid_to=NOON + timedelta(hours=1)), replace(EXACT, valid_to=NOON))


def test_a_list_is_out_of_date_when_it_has_not_changed_for_longer_than_its_hours() -> None:
    daily = replace(EXACT, stale_after_hours=26)
    assert not daily.is_stale(NOON - timedelta(hours=26), NOON)
    assert daily.is_stale(NOON - timedelta(hours=26, seconds=1), NOON)
    assert daily.is_stale(None, NOON), "nobody knows since when"
    assert not EXACT.is_stale(None, NOON)
    assert not replace(daily, valid_to=NOON).is_stale(None, NOON), "what is over is not compared"
