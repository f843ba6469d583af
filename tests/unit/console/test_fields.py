# SPDX-License-Identifier: AGPL-3.0-or-later
"""What comes in addresses and forms."""

import pytest
from pydantic import TypeAdapter, ValidationError

from anpr.console.fields import Line, Lines, Whole, without_controls


@pytest.mark.parametrize("text", ["a\0b", "\x1b[2J", "a\x85b", "a\nb", "\ud800", "a\u202eb", "\u2066a", "a\u200f"])
def test_control_characters_are_no_line(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Line).validate_python(text)
    assert "\N{REPLACEMENT CHARACTER}" in without_controls(text)


def test_words_of_every_script_are() -> None:
    for text in ("Via Roma 12, è così", "Київ", "日本", "عمر"):
        assert TypeAdapter(Line).validate_python(text) == text


def test_a_note_has_line_breaks_but_no_nul() -> None:
    assert TypeAdapter(Lines).validate_python("a\r\n\tb") == "a\r\n\tb"
    with pytest.raises(ValidationError):
        TypeAdapter(Lines).validate_python("a\0b")


@pytest.mark.parametrize("number", ["-1", str(2**63), "9" * 400])
def test_a_number_is_as_wide_as_the_databases(number: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Whole).validate_python(number)
