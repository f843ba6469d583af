# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers of proceedings: what is one."""

import pytest

from anpr.domain.case_reference import MAX_CASE, check_case
from anpr.domain.errors import InputError


@pytest.mark.parametrize("text", ["12/2026", " R.G.N.R. n. 1234/2026 mod. 21 ", "7", "x" * MAX_CASE])
def test_a_plain_line_is_one(text: str) -> None:
    assert check_case(text) == text.strip()


@pytest.mark.parametrize("text", ["12 \n 2026", "12\t2026", "12\u00a02026", "12\u20282026"])
def test_spaces_of_all_kinds_become_one(text: str) -> None:
    assert check_case(text) == "12 2026"


@pytest.mark.parametrize("text", ["", " ", "-", "/", "x" * 101, "12\x1b[31m", "12\x00", "12\u202e6202", "12\u200b"])
def test_what_is_none_is_refused_and_the_option_named(text: str) -> None:
    with pytest.raises(InputError, match="--case: "):
        check_case(text)
