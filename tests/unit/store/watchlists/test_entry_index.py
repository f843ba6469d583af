# SPDX-License-Identifier: AGPL-3.0-or-later
"""The index of entries against a naive one: it misses none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.plate import look_alike_key
from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.store.watchlists.entry_index import EntryIndex, IndexedEntry
from scripts.lab.transits import make_transit, plate_of

PLATES = st.text("AO0B8", min_size=1, max_size=3)
ENTRIES = st.lists(
    st.builds(
        lambda number, plate, looks_alike, probable: IndexedEntry(
            number, plate, look_alike_key(plate) if looks_alike else None, probable
        ),
        st.integers(1, 2**62),
        PLATES,
        st.booleans(),
        st.booleans(),
    ),
    max_size=30,
)
TRANSITS = st.lists(
    st.builds(
        lambda plate, others: make_transit(
            1, plate=plate, candidates=tuple(Candidate(text=other, probability=0.1) for other in others)
        ),
        PLATES,
        st.lists(PLATES, max_size=3),
    ),
    max_size=5,
)


def naive(entries: list[IndexedEntry], transit: Transit) -> set[int]:
    candidates = {candidate.text for candidate in transit.candidates}
    return {
        entry.id
        for entry in entries
        if entry.plate == transit.plate
        or entry.look_alike == look_alike_key(transit.plate)
        or (entry.by_probability and entry.plate in candidates)
    }


@given(ENTRIES, TRANSITS, st.integers(1, 7))
def test_it_names_the_entries_that_a_naive_search_names(
    entries: list[IndexedEntry], transits: list[Transit], step: int
) -> None:
    index = EntryIndex()
    for start in range(0, len(entries), step):
        index.add(entries[start : start + step])
    expected = {place: found for place, transit in enumerate(transits) if (found := naive(entries, transit))}
    assert index.likely(transits) == expected
    assert len(index) == len(entries)


@pytest.mark.slow
def test_it_finds_all_of_many_while_it_grows() -> None:
    index, plates = EntryIndex(), [plate_of(number) for number in range(20_000)]
    for number, plate in enumerate(plates):
        index.add([IndexedEntry(number, plate, None, False)])
    transits = [make_transit(number, plate=plate, candidates=()) for number, plate in enumerate(plates)]
    assert index.likely(transits) == {number: {number} for number in range(20_000)}
    strangers = [make_transit(1, plate=plate_of(number), candidates=()) for number in range(20_000, 40_000)]
    assert index.likely(strangers) == {}


def test_a_plate_with_a_thousand_validities_is_found_with_all_of_them() -> None:
    index = EntryIndex()
    index.add(IndexedEntry(number, "AB123CD", None, False) for number in range(1000))
    index.add([IndexedEntry(5000, "AB123CE", None, False)])
    seen = [make_transit(1, plate=plate, candidates=()) for plate in ("AB123CD", "AB123CE")]
    assert index.likely(seen) == {0: set(range(1000)), 1: {5000}}


def test_an_entry_that_comes_twice_is_named_once() -> None:
    index = EntryIndex()
    index.add([IndexedEntry(7, "AB123CD", "A8123C0", True)] * 3)
    assert index.likely([make_transit(1, plate="AB123CD")]) == {0: {7}}
