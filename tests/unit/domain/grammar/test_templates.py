# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patterns spelled out."""

import pytest

from anpr.domain.grammar.templates import Template, shape, spelled_out

CLASSES = {"d": "0123456789", "n": "123456789", "l": "ABC", "x": "01AB"}
CODES = {"prov": ("TO", "MI", "ROMA")}


def texts_fit(pattern: str, *texts: str) -> list[bool]:
    templates = spelled_out(pattern, CLASSES, CODES)
    return [any(shape(text) in one.shapes and one.fits(text) for one in templates) for text in texts]


def test_small_letters_are_classes_and_the_rest_stands_for_itself() -> None:
    assert texts_fit("GDIFd{3}l{2}", "GDIF123AB", "GDIF123AD", "GDIE123AB", "GDIF12AB") == [True, False, False, False]


def test_counts_options_and_alternatives() -> None:
    assert texts_fit("l{1,2}nd{0,2}(E|H)?", "A1", "AB123", "AB12E", "AB012", "ABC1", "A1F") == [True] * 3 + [False] * 3


def test_codes_of_any_length() -> None:
    assert texts_fit("<prov>d{2}", "TO12", "ROMA12", "RO12") == [True, True, False]


def test_gaps_are_no_signs_and_are_known() -> None:
    (french,) = spelled_out("l{2}-d{3}-l{2}", CLASSES, CODES)
    (square,) = spelled_out("l{2}/d{3}-l{2}", CLASSES, CODES)

    assert french.cuts == square.cuts == {2, 5}
    assert square.two_lines
    assert not french.two_lines
    assert french.texts == 3**4 * 10**3


def test_a_gap_that_may_be_missing_makes_two_templates() -> None:
    assert {one.cuts for one in spelled_out("l-?d", CLASSES, CODES)} == {frozenset(), frozenset({1})}


def test_shapes_of_mixed_classes() -> None:
    (one,) = spelled_out("xd", CLASSES, CODES)

    assert one.shapes == {"00", "A0"}
    assert isinstance(one, Template)


@pytest.mark.parametrize("pattern", ["l{2", "(A|B", "<no>d", "l d", "[0-8]d", "?"])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        spelled_out(pattern, CLASSES, CODES)
