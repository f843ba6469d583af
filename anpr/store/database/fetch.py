# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fetching from queries that always give exactly one row."""

from collections.abc import Mapping
from typing import Any

from anpr.domain.errors import StoreError
from anpr.store.database.connection import Connection


def one_row(conn: Connection, query: bytes, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The row. Raises StoreError when there is none: the database is not as the migrations left it."""
    row = conn.execute(query, values).fetchone()
    if row is None:
        raise StoreError(f"database: no row from {query.split(maxsplit=1)[0].decode()} that always gives one")
    return row


def count_of(conn: Connection, query: bytes, values: Mapping[str, Any] | None = None) -> int:
    """The column `count` of the row."""
    return int(one_row(conn, query, values)["count"])
