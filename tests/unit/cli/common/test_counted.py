# SPDX-License-Identifier: AGPL-3.0-or-later
"""Numbers with their nouns."""

import pytest

from anpr.cli.common.counted import counted


@pytest.mark.parametrize(
    ("number", "noun", "said"),
    [(0, "gate", "0 gates"), (1, "gate", "1 gate"), (2, "entry", "2 entries"), (1, "entry", "1 entry")],
)
def test_one_is_singular(number: int, noun: str, said: str) -> None:
    assert counted(number, noun) == said
