# SPDX-License-Identifier: AGPL-3.0-or-later
"""What many reads say of a plate's country together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.grammar.rerank import Evidence, countries, named
from anpr.reader.assemble.country import common_countries

PLATE = "AB123CD"
ITALIAN_GAPS = countries(PLATE, Evidence(groups=(2, 5), lines=1))
FRENCH_GAPS = countries(PLATE, Evidence(groups=(2, 3, 2), lines=1))
NOTHING_SEEN = countries(PLATE)


def test_what_the_text_says_counts_once_however_often_it_is_read() -> None:
    found = common_countries(PLATE, [(1.0, NOTHING_SEEN)] * 20, 2.0)
    assert found == pytest.approx(NOTHING_SEEN)
    assert named(found) is None


def test_one_read_says_what_it_says() -> None:
    assert common_countries(PLATE, [(0.7, ITALIAN_GAPS)], 1.0) == pytest.approx(ITALIAN_GAPS)


def test_gaps_seen_again_and_again_rule_others_out_but_not_those_that_print_the_same() -> None:
    found = common_countries(PLATE, [(1.0, ITALIAN_GAPS)] * 8, 1.8)
    assert found["FR"] < ITALIAN_GAPS["FR"] / 2
    assert found["SK"] > 0.1
    assert named(found) is None


def test_far_reads_that_saw_no_gaps_do_not_outvote_near_ones() -> None:
    near = countries(PLATE, Evidence(groups=(2, 5), right_band=True, lines=1))
    seen = [(0.4, NOTHING_SEEN)] * 6 + [(1.0, near)] * 5
    assert named(common_countries(PLATE, seen, 1.7)) == "IT"


def test_reads_that_contradict_each_other_name_nobody() -> None:
    seen = [(1.0, ITALIAN_GAPS), (1.0, FRENCH_GAPS)] * 4
    assert named(common_countries(PLATE, seen, 1.8)) is None


def test_a_text_of_no_format_and_no_reads_have_no_country() -> None:
    assert common_countries("A1B2C3D", [(1.0, {})], 1.0) == {}
    assert common_countries(PLATE, [], 1.0) == {}


@given(
    st.lists(
        st.tuples(
            st.floats(0.001, 1.0), st.sampled_from([(), (7,), (2, 5), (2, 3, 2), (5, 2), (3, 4)]), st.booleans()
        ),
        min_size=1, max_size=12,
    ),
    st.floats(1.0, 2.0),
)  # fmt: skip
def test_shares_sum_to_at_most_one(reads: list[tuple[float, tuple[int, ...], bool]], looks: float) -> None:
    seen = [(weight, countries(PLATE, Evidence(groups=groups, right_band=band))) for weight, groups, band in reads]
    found = list(common_countries(PLATE, seen, looks).values())
    assert found == sorted(found, reverse=True)
    assert all(0.0 <= share <= 1.0 for share in found)
    assert sum(found) <= 1.0 + 1e-9
