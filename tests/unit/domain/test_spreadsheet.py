# SPDX-License-Identifier: AGPL-3.0-or-later
"""Texts for a spreadsheet: nothing that it would calculate."""

import pytest

from anpr.domain.spreadsheet import as_text, csv_bytes


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n", "  =cmd"])
def test_what_would_be_calculated_is_a_text(text: str) -> None:
    assert as_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "anna", "furto in via Roma", "12/2026", "a=b"])
def test_other_texts_stay(text: str) -> None:
    assert as_text(text) == text


def test_a_file_begins_with_the_mark_and_is_continued_without_it() -> None:
    assert csv_bytes([("Targa", "n"), ("è;", 2)]) == b'\xef\xbb\xbfTarga;n\r\n"\xc3\xa8;";2\r\n'
    assert csv_bytes([("AB123CD", 3)], is_start=False) == b"AB123CD;3\r\n"
