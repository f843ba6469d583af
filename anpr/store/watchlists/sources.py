# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sources of lists: how the files of an office are read, remembered by list and name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MAX_NAME = 64
"""Characters."""
_SQL = load_queries("list_imports")


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where each column is, by its name, as header or number; which sheet; the reason of rows that give none."""

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    reason: str = ""
    profile: str = ""


def get_source(conn: Connection, watchlist_id: str, name: str) -> Source:
    """As it was remembered; an empty one when there is none of this name yet. Raises InputError for a wrong name."""
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InputError(f"source {name[:MAX_NAME]!r}: 1 to {MAX_NAME} printable characters")
    row = conn.execute(_SQL["get_source"], {"watchlist_id": watchlist_id, "name": name}).fetchone()
    return Source(**row) if row else Source()


def source_names(conn: Connection, watchlist_id: str) -> list[str]:
    """Of the sources of a list, by name."""
    return [row["name"] for row in conn.execute(_SQL["source_names"], {"watchlist_id": watchlist_id})]


def remember_source(conn: Connection, watchlist_id: str, name: str, source: Source, at: datetime) -> None:
    """For the next file of this source."""
    values = {"watchlist_id": watchlist_id, "name": name, "columns": Jsonb(dict(source.columns)),
              "sheet": source.sheet, "reason": source.reason, "profile": source.profile, "at": at}  # fmt: skip
    conn.execute(_SQL["save_source"], values)
