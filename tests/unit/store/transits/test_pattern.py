# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people type to search a plate."""

import pytest

from anpr.domain.errors import InputError
from anpr.store.transits.pattern import PatternError, PatternFault, read_pattern


@pytest.mark.parametrize(
    ("typed", "text", "is_wildcard"),
    [
        ("ab 123-cd", "AB123CD", False),
        ("AB*", "AB%", True),
        ("*23C?", "%23C_", True),
        (" a?1 2* ", "A_12%", True),
        ("AB–123–*", "AB123%", True),
        ("MU\u0308\u200b1*", "MÜ1%", True),
    ],
)
def test_patterns_become_what_the_database_compares(typed: str, text: str, is_wildcard: bool) -> None:
    pattern = read_pattern(typed)
    assert (pattern.text, pattern.is_wildcard) == (text, is_wildcard)


def test_a_look_alike_pattern_is_folded_and_keeps_its_wildcards() -> None:
    assert read_pattern("OB?1*").look_alike_text == "08_1%"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", "nothing to search"),
        (" - ", "nothing to search"),
        ("*", "at least 2"),
        ("A*", "at least 2"),
        ("??1??", "at least 2"),
        ("AB%CD", "only letters"),
        ("AB_1", None),
        ("A" * 17, "at most 16"),
        ("A*" * 17, "at most 16"),
        ("AB" + "?" * 40, "at most 16"),
    ],
)
def test_patterns_that_cannot_be_searched_say_why(typed: str, complaint: str | None) -> None:
    if complaint is None:
        # An underscore separates, as in a plate; it never reaches the database as LIKE's wildcard.
        assert read_pattern(typed).text == "AB1"
        return
    with pytest.raises(InputError, match=complaint):
        read_pattern(typed)


@pytest.mark.parametrize(
    ("typed", "fault", "character"),
    [
        (" – ", PatternFault.EMPTY, ""),
        ("A*", PatternFault.TOO_FEW, ""),
        ("A" * 17, PatternFault.TOO_LONG, ""),
        ("A*" * 17, PatternFault.TOO_LONG, ""),
        ("AB%1*", PatternFault.FOREIGN_CHARACTER, "%"),
        ("АВ123*", PatternFault.FOREIGN_CHARACTER, "А"),
    ],
)
def test_the_fault_of_a_pattern_is_typed(typed: str, fault: PatternFault, character: str) -> None:
    with pytest.raises(PatternError) as caught:
        read_pattern(typed)
    assert (caught.value.fault, caught.value.character) == (fault, character)
