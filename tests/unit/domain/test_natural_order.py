# SPDX-License-Identifier: AGPL-3.0-or-later
"""Names with numbers in them, in the order people expect."""

from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.natural_order import natural_key


def test_numbers_in_names_count_as_numbers() -> None:
    names = ["Varco 10", "varco 2", "Varco 1", "Porta 3b", "Porta 3 a", "12", "2", "Varco 02 sud"]
    assert sorted(names, key=natural_key) == [
        "2", "12", "Porta 3 a", "Porta 3b", "Varco 1", "varco 2", "Varco 02 sud", "Varco 10",
    ]  # fmt: skip


@given(st.lists(st.text()))
def test_every_name_can_be_compared(names: list[str]) -> None:
    assert sorted(sorted(names, key=natural_key), key=natural_key) == sorted(names, key=natural_key)
