# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is a reason, and what only looks like one."""

import pytest

from anpr.domain.errors import InputError
from anpr.domain.search_reason import check_reason, is_reason


@pytest.mark.parametrize(
    "text", ["furto auto", "  prova ", "prot. 12/2026 rapina", "ｆｕｒｔｏ", "кража", "f\u200burto"]
)
def test_words_are_a_reason(text: str) -> None:
    assert is_reason(text)


@pytest.mark.parametrize(
    "text", ["", "...", "\u200b\u200b\u200b\u200b\u200b", "12345678", "abc.", "- - - - -", "a\u00adb"]
)
def test_signs_that_say_nothing_are_none(text: str) -> None:
    assert not is_reason(text)
    with pytest.raises(InputError, match="reason: one is required"):
        check_reason(text)


def test_what_nobody_sees_is_not_kept() -> None:
    assert check_reason(" fur\u200bto\u202e ") == "furto"


def test_a_reason_is_no_essay() -> None:
    with pytest.raises(InputError, match="at most 200"):
        check_reason("perché " * 40)
