# SPDX-License-Identifier: AGPL-3.0-or-later
"""Partial plates of entries: their normal form, what they stand for, and which are refused."""

import pytest

from anpr.domain.partial_plate import normalise_listed, sql_like, stands_for
from anpr.domain.plate import PlateError, PlateFault
from anpr.domain.plate_spelling import respell_listed


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ab 123 cd", "AB123CD"),
        ("ab-12*", "AB12*"),
        (" AB ?23 cd", "AB?23CD"),
        ("AB12**", "AB12*"),
        ("AB12*?*", "AB12?*"),
        ("*12?CD*", "*12?CD*"),
        ("mü1?34", "MÜ1?34"),
    ],
)
def test_the_normal_form(text: str, normal: str) -> None:
    assert normalise_listed(text) == normal
    assert normalise_listed(normal) == normal


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("*", PlateFault.TOO_OPEN),
        ("AB1*", PlateFault.TOO_OPEN),
        ("A*B*1*2", PlateFault.TOO_OPEN),
        ("???????", PlateFault.TOO_OPEN),
        ("AB12%*", PlateFault.FOREIGN_CHARACTER),
        ("АВ12*", PlateFault.FOREIGN_CHARACTER),
        ("ABCD123456789012?", PlateFault.TOO_LONG),
    ],
)
def test_what_is_none_is_refused(text: str, fault: PlateFault) -> None:
    with pytest.raises(PlateError) as caught:
        normalise_listed(text)
    assert caught.value.fault is fault


def test_why_a_pattern_with_few_signs_is_refused() -> None:
    with pytest.raises(PlateError, match="at least 4 letters or digits, not 3: it would match too many"):
        normalise_listed("AB1*")


def test_letters_of_other_alphabets_in_a_pasted_pattern() -> None:
    assert respell_listed("\N{FULLWIDTH LATIN CAPITAL LETTER A}B12\N{FULLWIDTH ASTERISK}") == ("AB12*", True)


@pytest.mark.parametrize(
    ("listed", "plate", "is_one"),
    [
        ("AB12*", "AB12", True),
        ("AB12*", "AB123CD", True),
        ("AB12*", "XAB12", False),
        ("AB?23CD", "AB123CD", True),
        ("AB?23CD", "AB23CD", False),
        ("*23CD", "AB123CD", True),
        ("AB123CD", "AB123CD", True),
        ("AB123CD", "AB1", False),
    ],
)
def test_what_it_stands_for(listed: str, plate: str, is_one: bool) -> None:
    assert stands_for(listed, plate) is is_one


def test_as_like_takes_it() -> None:
    assert sql_like("*1?2*") == "%1_2%"
