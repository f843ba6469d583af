# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two readers' candidates as one."""

from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.read import Candidate
from anpr.reader.plates.pooling import pooled

PLATE_CHARACTERS = "0123456789ABCDEFGHIJ"


def candidates(**shares: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(text=text, probability=share) for text, share in shares.items())


def test_a_text_that_both_hold_likely_beats_what_one_is_surer_of() -> None:
    both = pooled(candidates(AB123CO=0.55, AB123CD=0.4), candidates(AB123CD=0.8), 0.5)

    assert both[0].text == "AB123CD"
    assert both[0].probability > 0.6


def test_without_weight_the_second_says_nothing() -> None:
    first = candidates(AB123CO=0.55, AB123CD=0.4)

    assert pooled(first, candidates(XX999XX=1.0), 0.0)[0].text == "AB123CO"
    assert pooled(first, candidates(XX999XX=1.0), 1.0)[0].text == "XX999XX"


def test_a_text_one_edit_away_is_held_likelier_than_a_far_one() -> None:
    near, far = (pooled(candidates(AB123CD=0.7), candidates(**{other: 0.7}), 0.5) for other in ("AB123CO", "XY987ZW"))

    assert near[0].probability > far[0].probability


def test_nobody_knows_anything() -> None:
    assert pooled((), (), 0.5) == ()
    assert pooled((), candidates(AB123CD=0.9), 0.5)[0].probability < 0.9


shares = st.dictionaries(st.text(PLATE_CHARACTERS, min_size=1, max_size=8), st.floats(0, 0.2), max_size=5)


@given(shares, shares, st.floats(0, 1))
def test_they_stay_probabilities_best_first(one: dict[str, float], two: dict[str, float], weight: float) -> None:
    both = pooled(candidates(**one), candidates(**two), weight)

    assert {c.text for c in both} == set(one) | set(two)
    assert sum(c.probability for c in both) <= 1.0 + 1e-9
    assert [c.probability for c in both] == sorted((c.probability for c in both), reverse=True)
