# SPDX-License-Identifier: AGPL-3.0-or-later
"""What COPY is given. That PostgreSQL reads the same out of it: tests/integration/test_store_transits.py."""

from dataclasses import replace

import psycopg
import pytest

from anpr.store.transits.copy_rows import copy_rows
from scripts.lab.transits import START, make_transit


def test_no_row_is_a_header_and_a_trailer() -> None:
    assert copy_rows([], START) == b"PGCOPY\n\xff\r\n\x00" + bytes(8) + b"\xff\xff"


def test_rows_stand_one_behind_the_other() -> None:
    one, two = (copy_rows([make_transit(number)], START) for number in (1, 2))
    both = copy_rows([make_transit(1), make_transit(2)], START)
    assert both == one[:-2] + two[19:]


@pytest.mark.parametrize("changes", [{"reads": 2**31}, {"raw": "\ud800"}, {"lane": "\udfff"}])
def test_what_no_column_can_hold_is_an_error_about_the_data(changes: dict[str, object]) -> None:
    with pytest.raises(psycopg.DataError, match="no row can hold"):
        copy_rows([replace(make_transit(1), **changes)], START)  # type: ignore[arg-type]
