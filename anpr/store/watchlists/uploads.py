# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploaded files of lists: they wait in the database to be looked at and imported, few at once, a day at most."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import ImportMode
from anpr.store.watchlists.locks import lock_list

MAX_UPLOAD = 16 * 1024 * 1024
"""Bytes of a file; about 250,000 entries. The check of the table says the same."""
MOST_WAITING = 5
"""Files of one list."""
WAITS = timedelta(days=1)
_SQL = load_queries("list_uploads")


class TooManyUploadsError(InputError):
    """So many files of the list wait that one of them must go first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file that waits. `how` as `HowToRead`, in plain words: columns, sheet, encoding, reason, skips_rejected."""

    id: int = 0
    watchlist_id: str
    file_name: str
    content: bytes = field(repr=False)
    mode: ImportMode
    source: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)
    uploaded_by: str = ""
    uploaded_at: datetime | None = None


def add_upload(conn: Connection, upload: Upload, by: Author) -> int:
    """Keep it; its number. Those that waited too long go.

    Raises TooManyUploadsError, and InputError for a file that is too large or when there is no such list of one's own.
    """
    if len(upload.content) > MAX_UPLOAD:
        raise InputError(f"{upload.file_name}: larger than {MAX_UPLOAD >> 20} MiB")
    lock_list(conn, upload.watchlist_id)
    forget_uploads(conn, by.at)
    if len(waiting_uploads(conn, upload.watchlist_id)) >= MOST_WAITING:
        raise TooManyUploadsError(f"watchlist {upload.watchlist_id}: {MOST_WAITING} files wait already")
    values = _values(upload) | {"file_name": upload.file_name, "content": upload.content, "by": by.name, "at": by.at}
    number: int = one_row(conn, _SQL["add"], values)["id"]
    return number


def get_upload(conn: Connection, watchlist_id: str, number: int) -> Upload | None:
    """The file of this number; None when it is gone."""
    row = conn.execute(_SQL["get"], {"watchlist_id": watchlist_id, "id": number}).fetchone()
    return _from_row(row) if row else None


def waiting_uploads(conn: Connection, watchlist_id: str) -> list[Upload]:
    """The newest first, without what is in them."""
    return [_from_row(row) for row in conn.execute(_SQL["of_list"], {"watchlist_id": watchlist_id})]


def change_upload(conn: Connection, upload: Upload) -> bool:
    """Another mode, source or way to read it; whether it is still there."""
    return conn.execute(_SQL["change"], _values(upload) | {"id": upload.id}).fetchone() is not None


def remove_upload(conn: Connection, watchlist_id: str, number: int) -> bool:
    """Whether it was there: of two who import it, one gets it."""
    return conn.execute(_SQL["remove"], {"watchlist_id": watchlist_id, "id": number}).fetchone() is not None


def forget_uploads(conn: Connection, now: datetime) -> int:
    """Remove those that waited too long; returns how many."""
    return conn.execute(_SQL["forget"], {"before": now - WAITS}).rowcount


def _values(upload: Upload) -> dict[str, Any]:
    values = {"watchlist_id": upload.watchlist_id, "mode": str(upload.mode), "source": upload.source}
    return {**values, "how": Jsonb(dict(upload.how))}


def _from_row(row: Mapping[str, Any]) -> Upload:
    told = {name: row[name] for name in Upload.__dataclass_fields__}
    return Upload(**told | {"mode": ImportMode(row["mode"]), "content": bytes(row["content"])})
