# SPDX-License-Identifier: AGPL-3.0-or-later
"""The index of partial plates against comparing each with each: it names those that fit, and no other."""

from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.partial_plate import fits, is_partial, normalise_listed
from anpr.domain.plate import PlateError
from anpr.store.watchlists.partial_index import PartialIndex


def _normal(text: str) -> str | None:
    try:
        return normalise_listed(text)
    except PlateError:
        return None


PATTERNS = (
    st.builds(
        "{}{}{}".format, st.text("AB", min_size=3, max_size=6), st.sampled_from("*?"), st.text("AB*?", max_size=5)
    )
    .flatmap(lambda text: st.permutations(list(text)))
    .map("".join)
    .filter(is_partial)
    .map(_normal)
    .filter(lambda pattern: pattern is not None)
)
PLATES = st.lists(st.text("AB", min_size=1, max_size=12), max_size=8)


@given(st.lists(PATTERNS, max_size=20), PLATES)
def test_it_names_those_that_fit(patterns: list[str], plates: list[str]) -> None:
    index = PartialIndex()
    for number, pattern in enumerate(patterns):
        index.add(pattern, number)
    assert len(index) == len(patterns)
    found = set(index.among(plates))
    assert found == {
        (place, number)
        for place, plate in enumerate(plates)
        for number, pattern in enumerate(patterns)
        if fits(plate, pattern)
    }


@given(st.lists(PATTERNS, max_size=10), st.lists(PATTERNS, max_size=10), PLATES)
def test_what_comes_after_the_first_look_is_found_too(first: list[str], later: list[str], plates: list[str]) -> None:
    index, at_once = PartialIndex(), PartialIndex()
    for number, pattern in enumerate(first):
        index.add(pattern, number)
    list(index.among(plates))
    for number, pattern in enumerate(later, start=len(first)):
        index.add(pattern, number)
    for number, pattern in enumerate([*first, *later]):
        at_once.add(pattern, number)
    assert set(index.among(plates)) == set(at_once.among(plates))
