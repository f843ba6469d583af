# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of images, a day and a gate at a time, for the check against the shelf."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries

PAGE = 500
_SQL = load_queries("images")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRow:
    """A row of images: what should lie at `key`, of `size` bytes."""

    key: str
    sha256: str
    size: int
    captured_at: datetime
    is_named: bool | None
    """By its transit, with this digest; None when there is no such transit."""


def gates_of_day(conn: Connection, day: date) -> list[str]:
    """The ids of the gates with an image noted on that UTC day."""
    return [row["gate_id"] for row in conn.execute(_SQL["gates_of_day"], _bounds(day))]


def pages(database: Database, day: date, gate_id: str) -> Iterator[list[ImageRow]]:
    """The rows of one day and gate, at most PAGE at a time, each page in a transaction of its own."""
    bounds: dict[str, object] = {**_bounds(day), "gate_id": gate_id, "limit": PAGE}
    after: dict[str, object] = {"captured_at": bounds["starts"], "transit_id": UUID(int=0), "role": "", "sha256": ""}
    while True:
        with database.transaction() as conn:
            rows = conn.execute(_SQL["page"], {**bounds, **after}).fetchall()
        if not rows:
            return
        yield [_to_row(row) for row in rows]
        after = {name: rows[-1][name] for name in after}


def _to_row(row: dict[str, Any]) -> ImageRow:
    return ImageRow(
        key=row["path"],
        sha256=row["sha256"],
        size=row["size"],
        captured_at=row["captured_at"],
        is_named=row["is_named"] if row["has_transit"] else None,
    )


def named_keys(conn: Connection, day: date, keys: Iterable[str]) -> set[str]:
    """Of these keys of that day, those that a row names now."""
    rows = conn.execute(_SQL["named"], {**_bounds(day), "paths": list(keys)})
    return {row["path"] for row in rows}


def nobody_puts(conn: Connection) -> None:
    """Wait until nobody is between putting an image and noting it, and keep it so until the transaction ends.

    Raises StoreError when that is not within 10 s.
    """
    conn.execute(_SQL["patience"])
    conn.execute(_SQL["alone"])


def _bounds(day: date) -> dict[str, datetime]:
    starts = datetime.combine(day, time(), UTC)
    return {"starts": starts, "ends": starts + timedelta(days=1)}
