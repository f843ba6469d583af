# SPDX-License-Identifier: AGPL-3.0-or-later
"""A known confusion of the second reader is no evidence against the first."""

from anpr.domain.read import Candidate
from anpr.reader.plates.confused import forgiven


def candidates(*pairs: tuple[str, float]) -> tuple[Candidate, ...]:
    return tuple(Candidate(text=text, probability=share) for text, share in pairs)


def test_a_c_where_the_first_saw_a_g_counts_as_g_and_the_texts_are_one() -> None:
    made = forgiven(candidates(("CA123GC", 0.5), ("GA123GC", 0.2)), candidates(("GA123GC", 0.6)))

    assert made == candidates(("GA123GC", 0.7))


def test_a_g_where_the_first_saw_a_c_and_other_characters_stay() -> None:
    second = candidates(("GA128CC", 0.9))

    assert forgiven(second, candidates(("CA123CC", 0.6))) == second


def test_texts_of_another_length_stay_and_without_a_first_text_all_do() -> None:
    second = candidates(("CA12", 0.5), ("", 0.1))

    assert forgiven(second, candidates(("GA123", 0.6))) == second
    assert forgiven(second, ()) == second
