# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chips of a search: gates beyond the first two are counted, one as one."""

import pytest

from anpr.console.pages.search.chips import chips_of
from anpr.console.rendering.translations import load_catalogues
from anpr.store.transits.rows import TransitQuery


@pytest.mark.parametrize(
    ("number", "told"), [(2, "Nord, Sud"), (3, "Nord, Sud e un altro"), (5, "Nord, Sud e altri 3")], ids=str
)
def test_gates_beyond_the_first_are_counted(number: int, told: str) -> None:
    query = TransitQuery(pattern="", gate_ids=("nord", "sud", "g3", "g4", "g5")[:number])
    (chip,) = chips_of(query, load_catalogues()["it"], {"nord": "Nord", "sud": "Sud"})
    assert chip.text == told
