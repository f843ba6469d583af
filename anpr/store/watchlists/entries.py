# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entries of watchlists: added one by one or imported, and taken off again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.plate import look_alike_key
from anpr.domain.watchlist import Entry
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.locks import lock_to_change

_SQL = load_queries("entries")


class ImportMode(StrEnum):
    """What happens to entries that are on the list but not among the new ones: they stay, they go, or those go that are
    named."""

    ADD = "add"
    REPLACE = "replace"
    DELTA = "delta"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """A plate to put on a list, whole or partial, in its normal form (`normalise_listed`).

    It is valid for captures in [valid_from, valid_to).
    """

    plate: str
    reason: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    instructions: str | None = None
    """What to do when it passes. Files hold none: an import leaves what is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """Entries added, changed (another reason), left as they were, and removed."""

    added: int
    changed: int
    unchanged: int
    removed: int


def check_validity(where: str, valid_from: datetime | None, valid_to: datetime | None) -> None:
    """Raises InputError naming `where` when the end does not come after the start."""
    if valid_from and valid_to and valid_from >= valid_to:
        raise InputError(f"{where}: must be after the start of the validity")


def import_entries(
    conn: Connection, watchlist_id: str, entries: Sequence[NewEntry], mode: ImportMode = ImportMode.ADD
) -> ImportResult:
    """Put these entries on the list; one with the same plate and validity is the same entry and keeps its id.

    No two of them may have the same plate and validity (`read_list_file` sees to it). Nothing is recorded of it: see
    `record_import`. Raises InputError when there is no such list. Changes of lists wait for each other.
    """
    lock_to_change(conn, watchlist_id)
    stage_entries(conn, entries)
    return apply_staged(conn, watchlist_id, len(entries), mode)


def stage_entries(conn: Connection, entries: Sequence[NewEntry]) -> None:
    """Bring them to the database, for this transaction only."""
    conn.execute(_SQL["create_staging"])
    conn.execute(_SQL["empty_staging"])
    with conn.cursor() as cursor, cursor.copy(_SQL["copy_staging"]) as copy:
        for entry in entries:
            copy.write_row((entry.plate, look_alike_key(entry.plate), entry.reason, entry.valid_from, entry.valid_to))


def stage_removals(conn: Connection, removals: Sequence[NewEntry], replaced: Collection[str] = ()) -> None:
    """What a delta takes off, for this transaction only: a removal without validity, and of a plate that is `replaced`,
    whatever the list has of it."""
    conn.execute(_SQL["create_removals"])
    conn.execute(_SQL["empty_removals"])
    with conn.cursor() as cursor, cursor.copy(_SQL["copy_removals"]) as copy:
        for each in removals:
            copy.write_row((each.plate, each.valid_from, each.valid_to, not (each.valid_from or each.valid_to)))
        for plate in replaced:
            copy.write_row((plate, None, None, True))


def apply_staged(conn: Connection, watchlist_id: str, number: int, mode: ImportMode) -> ImportResult:
    """Put the staged entries (`number` of them) on the list, which is locked; what a delta takes off is gone."""
    values = {"watchlist_id": watchlist_id}
    removed = conn.execute(_SQL["remove_others"], values).rowcount if mode is ImportMode.REPLACE else 0
    changed = conn.execute(_SQL["change"], values).rowcount
    added = conn.execute(_SQL["add_new"], values).rowcount
    unchanged = number - changed - added
    conn.execute(_SQL["confirm_list"], values)
    return ImportResult(added=added, changed=changed, unchanged=unchanged, removed=removed)


def add_entry(conn: Connection, watchlist_id: str, entry: NewEntry) -> Entry:
    """Raises InputError when there is no such list, or it has this plate with this validity already."""
    lock_to_change(conn, watchlist_id)
    values = {
        "watchlist_id": watchlist_id,
        "plate": entry.plate,
        "look_alike": look_alike_key(entry.plate),
        "reason": entry.reason,
        "valid_from": entry.valid_from,
        "valid_to": entry.valid_to,
        "instructions": entry.instructions,
    }
    row = conn.execute(_SQL["add"], values).fetchone()
    if row is None:
        raise InputError(f"watchlist {watchlist_id}: {entry.plate} is on it already, with the same validity")
    return entry_from_row(row)


def remove_entries(conn: Connection, watchlist_id: str, plate: str) -> list[Entry]:
    """Take a plate off a list, whatever its validity; returns what was removed.

    Raises InputError when it is not on it, or there is no such list.
    """
    lock_to_change(conn, watchlist_id)
    rows = conn.execute(_SQL["remove"], {"watchlist_id": watchlist_id, "plate": plate}).fetchall()
    if not rows:
        raise InputError(f"watchlist {watchlist_id}: {plate} is not on it")
    return sorted((entry_from_row(row) for row in rows), key=lambda entry: entry.id)


def list_entries(conn: Connection, watchlist_id: str, after_id: int = 0, limit: int = 200) -> list[Entry]:
    """Entries in the order they were made; with `after_id`, the ones after it."""
    rows = conn.execute(_SQL["list"], {"watchlist_id": watchlist_id, "after_id": after_id, "limit": limit})
    return [entry_from_row(row) for row in rows]


def entry_from_row(row: dict[str, Any]) -> Entry:
    """The entry in a row of the table."""
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})
