# SPDX-License-Identifier: AGPL-3.0-or-later
"""Formats as weights: they decide between what was seen, and change nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.grammar.rerank import (
    NO_PLATE,
    UNKNOWN,
    Evidence,
    countries,
    fits_a_format,
    may_be_a_word,
    named,
    weigh,
    weight,
)
from anpr.domain.read import Candidate

CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ"


def candidates(**shares: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(text=text.lstrip("_"), probability=share) for text, share in shares.items())


@pytest.mark.parametrize("text", ["34A36837X", "A1B2C3D", "AB12C3D", "123"])
def test_other_texts_keep_the_weight_of_the_unknown(text: str) -> None:
    assert weight(text) == UNKNOWN
    assert not fits_a_format(text)


@pytest.mark.parametrize("text", ["AB", "CAMERA", "20261121101500", ""])
def test_what_can_be_no_plate_weighs_least(text: str) -> None:
    assert weight(text) == NO_PLATE < UNKNOWN


def test_letter_o_gives_way_to_zero_where_only_a_figure_may_stand() -> None:
    best = weigh(candidates(ABO23CD=0.6, AB023CD=0.4))[0]

    assert best.text == "AB023CD"
    assert best.probability > 0.75


def test_a_text_of_no_format_stays_when_nothing_else_was_seen() -> None:
    weighed = weigh(candidates(_34A36837X=0.9))

    assert [c.text for c in weighed] == ["34A36837X"]
    assert 0.9 < weighed[0].probability < 1.0


def test_one_poor_candidate_does_not_become_certain() -> None:
    assert weigh(candidates(A1B2C3D=0.01))[0].probability < 0.3
    assert weigh(candidates(AB123CD=0.01))[0].probability < 0.4


def test_a_text_of_no_format_is_trusted_less_than_one_that_fits() -> None:
    unknown, italian = weigh(candidates(A1B2C3D=0.9))[0], weigh(candidates(AB123CD=0.9))[0]

    assert unknown.probability < italian.probability


def test_no_candidates_stay_none() -> None:
    assert weigh(()) == ()


@given(
    st.lists(st.tuples(st.text(CHARACTERS, max_size=10), st.floats(0, 0.2)), max_size=5, unique_by=lambda pair: pair[0])
)
def test_weighing_keeps_the_texts_and_stays_a_probability(pairs: list[tuple[str, float]]) -> None:
    before = tuple(Candidate(text=text, probability=share) for text, share in pairs)

    after = weigh(before)

    assert sorted(c.text for c in after) == sorted(c.text for c in before)
    assert sum(c.probability for c in after) <= 1.0 + 1e-9
    assert [c.probability for c in after] == sorted((c.probability for c in after), reverse=True)


def test_gaps_speak_for_the_format_that_prints_them() -> None:
    seen = Evidence(raw="EK06OHF", groups=(4, 3))
    doubtful = candidates(EK06OHF=0.6, EK060HF=0.25)

    assert weigh(doubtful, seen)[0].text == "EK06OHF"
    assert weigh(doubtful, Evidence(raw="EK06OHF", groups=(2, 5)))[0].text == "EK060HF"


def test_gaps_move_with_a_sign_too_many() -> None:
    seen = Evidence(raw="1111IKK", groups=(4, 3))

    assert weight("111IKK", seen) > weight("111IKK", Evidence(raw="1111IKK", groups=(2, 5)))


def test_gaps_of_an_unsettled_text_are_no_evidence() -> None:
    assert weight("AB123CD", Evidence(raw="AB123CD", groups=(3, 5))) == weight("AB123CD")


def test_countries_are_probabilities_and_the_string_alone_names_none() -> None:
    likely = countries("AB123CD")

    assert {"IT", "FR", "SK", "AL"} <= set(likely)
    assert next(iter(likely)) == "IT"
    assert 0.9 < sum(likely.values()) < 1.0
    assert named(likely) is None


def test_no_country_for_a_text_of_no_format() -> None:
    assert countries("A1B2C3D") == {}
    assert named({}) is None


def test_a_format_of_its_own_names_the_country() -> None:
    assert named(countries("1234BCD")) == "ES"
    assert named(countries("GDIF123AB")) == "IT"


def test_gaps_and_right_band_tell_the_italian_plate() -> None:
    likely = countries("AB123CD", Evidence(groups=(2, 5), right_band=True, lines=1))

    assert named(likely) == "IT"
    assert likely["FR"] < 0.05
    assert likely["SK"] < 0.05


def test_gaps_without_a_band_do_not_tell() -> None:
    assert named(countries("AB123CD", Evidence(groups=(2, 5), lines=1))) is None


def test_gaps_of_the_french_plate_speak_against_the_italian() -> None:
    likely = countries("AB123CD", Evidence(groups=(2, 3, 2), right_band=True, lines=1))

    assert next(iter(likely)) == "FR"
    assert likely["IT"] < 0.2


def test_an_italian_plate_on_two_lines_has_those_gaps_too() -> None:
    likely = countries("AB123CD", Evidence(groups=(2, 3, 2), right_band=True, lines=2))

    assert next(iter(likely)) == "IT"


@given(st.text(CHARACTERS, max_size=10), st.lists(st.integers(1, 5), max_size=4), st.booleans(), st.integers(0, 2))
def test_countries_never_sum_to_more_than_one(text: str, groups: list[int], band: bool, lines: int) -> None:
    likely = countries(text, Evidence(raw=text, groups=tuple(groups), right_band=band, lines=lines))

    assert sum(likely.values()) <= 1.0 + 1e-9
    assert all(0.0 <= probability <= 1.0 for probability in likely.values())
    assert list(likely.values()) == sorted(likely.values(), reverse=True)


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("OAKW00D", True),
        ("MOUNT8ATTEN", True),
        ("B0LAN", True),
        ("B1LAN", False),  # British, of 1983
        ("OAKW0OD3", False),  # a 3 is no letter
        ("ABC1002", False),  # too many figures for a word
        ("SZ08A", False),  # too few letters
    ],
)
def test_a_word_that_seems_to_hold_figures(text: str, may_be: bool) -> None:
    assert may_be_a_word(text) is may_be


def test_a_british_plate_of_today_outweighs_one_of_before_2001() -> None:
    """An S taken for a 5 gives the older kind: L 515 EBC instead of LS15 EBC."""
    assert weight("LS15EBC") > 1.3 * weight("L515EBC")
