# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table of formats: every plate of docs/domain.md has one, and every pattern in it can be read."""

import pytest

from anpr.domain.grammar.formats import CLASSES, CODES, FORMATS
from anpr.domain.grammar.rerank import UNKNOWN, fits_a_format, weight
from anpr.domain.grammar.templates import shape, spelled_out

ITALIAN = {
    "AB123CD": "car", "LB123CD": "car, letters to come", "ZA151YM": "two-line rear", "XA123CD": "trailer",
    "YA123CD": "local police", "YA12345": "local police", "EE123AA": "temporary", "AN12345": "motorcycle",
    "X2BCDF": "moped", "X0P12345": "test", "CCAB123": "carabinieri", "EIAB123": "army", "MMAB123": "navy",
    "AMAB123": "air force", "GDIF123AB": "finance guard", "POLIZIAH1234": "state police", "VF12345": "fire brigade",
    "VFR1234": "fire brigade", "CP1234": "coast guard", "PCA12BC": "civil protection", "CD123AA": "diplomatic",
    "CC123AA": "consular", "ROMA123456": "old provincial", "TO123456": "old provincial", "MIA12345": "old provincial",
}  # fmt: skip
OTHERS = {
    "SCV123": "VA", "CV12345": "VA", "A1234": "SM", "AB123QD": "FR", "1234AB75": "FR", "MÜAB1234": "DE",
    "W12345X": "AT",
    "TI123456": "CH", "LJAB123": "SI", "ZG1234AB": "HR", "1234BCD": "ES", "MA1234BC": "ES", "B123ABC": "RO",
    "CJ01ABC": "RO",
    "WX12345": "PL", "AB12ABC": "GB", "12GBC3": "NL", "1ABC234": "BE", "1A23456": "CZ", "BA123AB": "SK", "ABC123": "HU",
    "CA1234AB": "BG", "AA1234BB": "UA", "34JR9008": "TR", "34CPP059": "TR", "ZKA1234": "GR", "AA12BB": "PT",
    "131D12345": "IE",
    "AB12345": "DK", "ABC12D": "SE", "AA123BC": "AR", "ABC1234": "BR", "ABC1D23": "BR", "7ABC123": "US", "ABCD12": "US",
    "1234AB": "TW", "MH12AB1234": "IN", "LEB1234": "PK", "34A36837": "VN",
}  # fmt: skip


def kinds(text: str) -> set[tuple[str, str]]:
    return {
        (form.country, form.kind)
        for form in FORMATS
        for pattern in form.patterns
        for template in spelled_out(pattern, CLASSES, CODES)
        if shape(text) in template.shapes and template.fits(text)
    }


@pytest.mark.parametrize(("text", "kind"), ITALIAN.items())
def test_every_italian_kind_of_the_domain_page_has_its_format(text: str, kind: str) -> None:
    assert ("IT", kind) in kinds(text)
    assert fits_a_format(text)
    assert weight(text) > UNKNOWN


@pytest.mark.parametrize(("text", "country"), OTHERS.items())
def test_plates_of_others_fit_a_format_of_theirs(text: str, country: str) -> None:
    assert country in {code for code, _ in kinds(text)}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("AB102CD", "AB1O2CD"), ("OVX8004", "0VX8004"), ("LKV8001", "LKV800I"), ("ABC1D05", "ABC1DO5"),
        ("AO123CD", "A0123CD"),
        ("M0PJ0K12", "MOPJOK12"), ("ROMA1B2345", "R0MA1B2345"), ("POLIZIAH1200", "P0LIZIAH1200"),
        ("8JEV901", "8JEV90I"),
        ("34JR9008", "34JR900B"), ("IAA931", "1AA931"), ("B100OOO", "B1000OO"), ("SCV1", "SCVI"),
    ],
)  # fmt: skip
def test_of_two_look_alikes_the_one_that_some_country_issues_weighs_more(right: str, wrong: str) -> None:
    assert weight(right) > weight(wrong)


def test_every_format_has_traffic_and_names_what_exists() -> None:
    assert all(form.patterns and form.traffic > 0 for form in FORMATS)
    assert len({(form.country, form.kind) for form in FORMATS}) == len(FORMATS)


def test_the_italian_car_is_the_commonest() -> None:
    assert max(FORMATS, key=lambda form: form.traffic).kind == "car"
    assert max(FORMATS, key=lambda form: form.traffic).country == "IT"
