"""Formats as weights: they decide between what was seen, and change nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.formats import FORMATS
from anpr.domain.grammar import UNKNOWN, Evidence, countries, country, weigh, weight
from anpr.domain.read import Candidate

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ"


def candidates(**shares: float) -> tuple[Candidate, ...]:
    return tuple(Candidate(text=text.lstrip("_"), probability=share) for text, share in shares.items())


@pytest.mark.parametrize(
    "text",
    [
        "AB123CD", "XA123CD", "YA123CD", "ZA123CD", "EE123AA", "AN12345", "X2BCDF", "CCAB123", "EIAB123", "MMAB123",
        "AMAB123", "GDIF123AB", "POLIZIAH1234", "VF12345", "VFR1234", "CP1234", "CD123AA", "ROMA123456", "TO123456",
        "AAP12345", "SCV123", "MÜAB1234", "B123ABC", "1234BCD",
    ],
)  # fmt: skip
def test_plates_of_the_domain_page_fit_a_format(text: str) -> None:
    assert weight(text) > UNKNOWN


@pytest.mark.parametrize("text", ["34A36837X", "A1B2C3D", "AB12C3D", "123"])
def test_other_texts_keep_the_weight_of_the_unknown(text: str) -> None:
    assert weight(text) == UNKNOWN


@pytest.mark.parametrize("text", ["AB", "CAMERA", "20261121101500", ""])
def test_what_can_be_no_plate_weighs_least(text: str) -> None:
    assert weight(text) < UNKNOWN


def test_every_format_fits_something() -> None:
    assert all(form.patterns and 0 < form.weight <= 1 for form in FORMATS)


def test_letter_o_gives_way_to_zero_where_only_a_figure_may_stand() -> None:
    best = weigh(candidates(ABO23CD=0.6, AB023CD=0.4))[0]

    assert best.text == "AB023CD"
    assert best.probability > 0.75


def test_a_text_of_no_format_stays_when_nothing_else_was_seen() -> None:
    weighed = weigh(candidates(_34A36837X=0.9))

    assert [c.text for c in weighed] == ["34A36837X"]
    assert 0.7 < weighed[0].probability < 0.9


def test_one_poor_candidate_does_not_become_certain() -> None:
    assert weigh(candidates(A1B2C3D=0.1))[0].probability < 0.1
    assert weigh(candidates(AB123CD=0.01))[0].probability < 0.4


def test_a_text_of_no_format_is_trusted_less_than_one_that_fits() -> None:
    unknown, italian = weigh(candidates(A1B2C3D=0.99))[0], weigh(candidates(AB123CD=0.99))[0]

    assert unknown.probability < 0.95
    assert italian.probability > 0.99


def test_no_candidates_stay_none() -> None:
    assert weigh(()) == ()


@given(st.lists(st.tuples(st.text(SIGNS, max_size=10), st.floats(0, 0.2)), max_size=5, unique_by=lambda pair: pair[0]))
def test_weighing_keeps_the_texts_and_stays_a_probability(pairs: list[tuple[str, float]]) -> None:
    before = tuple(Candidate(text=text, probability=share) for text, share in pairs)

    after = weigh(before)

    assert sorted(c.text for c in after) == sorted(c.text for c in before)
    assert sum(c.probability for c in after) <= 1.0 + 1e-9
    assert [c.probability for c in after] == sorted((c.probability for c in after), reverse=True)


def test_country_is_open_when_formats_collide() -> None:
    assert country("AB123CD") is None
    assert {"IT", "FR", "SK", "AL"} <= set(countries("AB123CD"))
    assert countries("AB123CD")[0] == "IT"


def test_country_is_open_for_a_text_of_no_format() -> None:
    assert country("A1B2C3D") is None


def test_country_is_told_by_a_format_of_its_own() -> None:
    assert country("1234BCD") == "ES"
    assert country("GDIF123AB") == "IT"


def test_gaps_and_right_band_tell_the_italian_plate() -> None:
    seen = Evidence(groups=(2, 5), right_band=True)

    assert country("AB123CD", seen) == "IT"
    assert "FR" not in countries("AB123CD", seen)


def test_gaps_without_a_band_do_not_tell() -> None:
    assert country("AB123CD", Evidence(groups=(2, 5))) is None


def test_gaps_of_the_french_plate_exclude_the_italian() -> None:
    fitting = countries("AB123CD", Evidence(groups=(2, 3, 2), right_band=True))

    assert "FR" in fitting
    assert "IT" not in fitting


def test_groups_of_another_text_are_no_evidence() -> None:
    assert countries("AB123CD", Evidence(groups=(3, 5))) == countries("AB123CD")
