# SPDX-License-Identifier: AGPL-3.0-or-later
"""Queries that always give one row: the row, its count, or an error that says so."""

from typing import Any, cast

import pytest

from anpr.domain.errors import StoreError
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row


class Answers:
    """A connection that answers each query with this row."""

    def __init__(self, row: dict[str, Any] | None) -> None:
        self._row = row

    def execute(self, _query: bytes, _values: object = None) -> "Answers":
        return self

    def fetchone(self) -> dict[str, Any] | None:
        return self._row


def connection(row: dict[str, Any] | None) -> Connection:
    return cast(Connection, Answers(row))


def test_the_row_and_its_count() -> None:
    assert one_row(connection({"count": 3}), b"SELECT") == {"count": 3}
    assert count_of(connection({"count": 3}), b"SELECT") == 3


def test_no_row_is_an_error_and_not_nothing() -> None:
    with pytest.raises(StoreError, match="no row from SELECT"):
        count_of(connection(None), b"SELECT count(*) FROM nowhere")
