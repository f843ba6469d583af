# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports of lists: dry run (preview), the import with its record, history and undo."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import (
    ImportMode,
    ImportResult,
    NewEntry,
    apply_staged,
    stage_entries,
    stage_removals,
)
from anpr.store.watchlists.lists import get_watchlist
from anpr.store.watchlists.locks import lock_to_change

KEPT_DIFFERENCES = 20
"""Imports of a list whose differences are kept, so that they can be shown and undone."""
DIFFERENCES_DAYS = 30
"""And no longer than this: they name plates that may be on no list any more."""
MOST_REMOVED = 0.2
"""Share of a list that a replacing import takes off without being asked again."""
_UNDO = "undo"
_SQL = load_queries("list_imports")


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Entries to be put on a list. No two have the same plate and validity. Of a delta `removals` go, and all that
    the list has of a plate that is `replaced`."""

    watchlist_id: str
    entries: Sequence[NewEntry]
    mode: ImportMode
    removals: Sequence[NewEntry] = ()
    replaced: Collection[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where imported entries come from. `rejected`: rows of the file that were left out."""

    file_name: str
    sha256: str
    format: str
    encoding: str = ""
    source: str = ""
    rejected: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What an import does to an entry: `added`, `changed` (its reason) or `removed`."""

    kind: str
    plate: str
    valid_from: datetime | None
    valid_to: datetime | None
    reason_before: str | None
    reason_after: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What an import would do. `size`: entries on the list now; `examples`: the first of each kind, by plate."""

    result: ImportResult
    size: int
    examples: list[Difference]

    @property
    def removes_too_much(self) -> bool:
        return self.result.removed > MOST_REMOVED * self.size


@dataclass(frozen=True, kw_only=True, slots=True)
class ListImport:
    """An import as it was recorded; `mode` is that of the import, or `undo`. Times in UTC."""

    id: int
    watchlist_id: str
    imported_at: datetime
    imported_by: str
    mode: str
    origin: Origin
    result: ImportResult
    version_before: int
    version_after: int
    undoes: int | None
    undone_at: datetime | None
    has_changes: bool


class ListChangedError(InputError):
    """The list is another one than the one that was looked at."""


class UndoRefusedError(InputError):
    """An import that cannot be undone; the text says why."""


def preview_import(conn: Connection, batch: Batch, examples: int = 0) -> Preview:
    """What `record_import` would do. Changes and locks nothing. Raises InputError when there is no such list."""
    get_watchlist(conn, batch.watchlist_id)
    result = _compare(conn, batch)
    rows = conn.execute(_SQL["examples"], {"each": examples})
    size = list_size(conn, batch.watchlist_id)
    return Preview(result=result, size=size, examples=[Difference(**row) for row in rows])


def list_size(conn: Connection, watchlist_id: str) -> int:
    """How many entries the list has."""
    return count_of(conn, _SQL["size"], {"watchlist_id": watchlist_id})


def record_import(
    conn: Connection, batch: Batch, origin: Origin, by: Author, *, expected: ImportResult | None = None
) -> ListImport:
    """Put the entries on the list and record it; the same transaction should write the audit.

    Raises InputError when there is no such list, and ListChangedError when it would do anything else than `expected`,
    which somebody was shown.
    """
    act_as(conn, by)
    lock_to_change(conn, batch.watchlist_id)
    found = _compare(conn, batch)
    if expected is not None and found != expected:
        raise ListChangedError(
            f"watchlist {batch.watchlist_id}: it has changed since it was compared; nothing was imported"
        )
    before = _version(conn)
    if batch.mode is ImportMode.DELTA:
        conn.execute(_SQL["remove_compared"], {"watchlist_id": batch.watchlist_id})
    apply_staged(conn, batch.watchlist_id, len(batch.entries), batch.mode)
    how = {"watchlist_id": batch.watchlist_id, "mode": str(batch.mode), "undoes": None, "version_before": before}
    return _note(conn, how, origin, found, by)


def undo_import(conn: Connection, watchlist_id: str, by: Author, import_id: int | None = None) -> ListImport:
    """Make the list what it was before this import, or before the newest one that was not undone.

    Entries that come back have new numbers: what passed while they were off the list is looked for. Raises InputError
    when there is no such list or import, and UndoRefusedError when entries of it were changed later, it was undone
    already, or its differences are no longer kept.
    """
    act_as(conn, by)
    lock_to_change(conn, watchlist_id)
    undone = _to_undo(conn, watchlist_id, import_id)
    values = {"watchlist_id": watchlist_id, "import_id": undone.id}
    _refuse_conflicts(conn, undone, values)
    _empty_changes(conn)
    conn.execute(_SQL["reverse"], values)
    before = _version(conn)
    size = count_of(conn, _SQL["size"], values)
    removed = conn.execute(_SQL["remove_compared"], values).rowcount if undone.result.added else 0
    changed = conn.execute(_SQL["undo_change"], values).rowcount if undone.result.changed else 0
    added = conn.execute(_SQL["undo_add"], values).rowcount if undone.result.removed else 0
    result = ImportResult(added=added, changed=changed, removed=removed, unchanged=size - removed - changed)
    conn.execute(_SQL["mark_undone"], {"at": by.at, "import_id": undone.id})
    how = {"watchlist_id": watchlist_id, "mode": _UNDO, "undoes": undone.id, "version_before": before}
    return _note(conn, how, replace(undone.origin, rejected=0), result, by)


def list_imports(conn: Connection, watchlist_id: str, limit: int = 20) -> list[ListImport]:
    """The newest first. Raises InputError when there is no such list."""
    get_watchlist(conn, watchlist_id)
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"watchlist_id": watchlist_id, "limit": limit})]


def get_import(conn: Connection, watchlist_id: str, import_id: int) -> ListImport:
    """Raises InputError when the list has no such import."""
    row = conn.execute(_SQL["get"], {"watchlist_id": watchlist_id, "import_id": import_id}).fetchone()
    if row is None:
        raise InputError(f"watchlist {watchlist_id}: no import {import_id}")
    return _from_row(row)


def import_differences(conn: Connection, import_id: int, limit: int) -> list[Difference]:
    """What it did, by kind and plate; empty when that is no longer kept."""
    return [Difference(**row) for row in conn.execute(_SQL["changes"], {"import_id": import_id, "limit": limit})]


def forget_imports(conn: Connection, differences_before: datetime, before: datetime) -> tuple[int, int]:
    """Retention: delete the differences of imports before the first time, and imports before the second (UTC).

    Returns how many imports lost their differences, and how many went.
    """
    rows = conn.execute(_SQL["older_than_day"], {"before": differences_before})
    forgotten = _forget_changes(conn, [row["id"] for row in rows])
    return forgotten, conn.execute(_SQL["forget"], {"before": before}).rowcount


def _compare(conn: Connection, batch: Batch) -> ImportResult:
    stage_entries(conn, batch.entries)
    _empty_changes(conn)
    values = {"watchlist_id": batch.watchlist_id, "replace": batch.mode is ImportMode.REPLACE}
    conn.execute(_SQL["compare"], values)
    if batch.mode is ImportMode.DELTA:
        stage_removals(conn, batch.removals, batch.replaced)
        conn.execute(_SQL["compare_removals"], values)
    counts = {row["kind"]: row["count"] for row in conn.execute(_SQL["counts"])}
    added, changed, removed = (counts.get(kind, 0) for kind in ("added", "changed", "removed"))
    unchanged = len(batch.entries) - added - changed
    return ImportResult(added=added, changed=changed, removed=removed, unchanged=unchanged)


def _empty_changes(conn: Connection) -> None:
    conn.execute(_SQL["create_changes"])
    conn.execute(_SQL["empty_changes"])


def _version(conn: Connection) -> int:
    version: int = one_row(conn, _SQL["version"])["version"]
    return version


def _note(conn: Connection, how: Mapping[str, Any], origin: Origin, result: ImportResult, by: Author) -> ListImport:
    """The record, with what is in `staging_changes`; `how` holds the columns that neither of the others has."""
    watchlist_id: str = how["watchlist_id"]
    values = {**how, **asdict(origin), **asdict(result), "at": by.at, "by": by.name, "version_after": _version(conn)}
    import_id: int = one_row(conn, _SQL["note"], values)["id"]
    conn.execute(_SQL["note_changes"], {"import_id": import_id})
    old = conn.execute(_SQL["older_than_newest"], {"watchlist_id": watchlist_id, "keep": KEPT_DIFFERENCES})
    _forget_changes(conn, [row["id"] for row in old])
    return get_import(conn, watchlist_id, import_id)


def _forget_changes(conn: Connection, ids: list[int]) -> int:
    if ids:
        conn.execute(_SQL["forget_changes"], {"ids": ids})
        conn.execute(_SQL["mark_forgotten"], {"ids": ids})
    return len(ids)


def _to_undo(conn: Connection, watchlist_id: str, import_id: int | None) -> ListImport:
    where = f"watchlist {watchlist_id}"
    if import_id is None:
        row = conn.execute(_SQL["newest"], {"watchlist_id": watchlist_id}).fetchone()
        if row is None:
            raise UndoRefusedError(f"{where}: no import that could be undone")
        found = _from_row(row)
    else:
        found = get_import(conn, watchlist_id, import_id)
    if found.mode == _UNDO:
        raise UndoRefusedError(f"{where}: import {found.id} is an undo itself; import the file again")
    if found.undone_at is not None:
        raise UndoRefusedError(f"{where}: import {found.id} was undone already")
    if not found.has_changes:
        raise UndoRefusedError(f"{where}: what import {found.id} changed is no longer kept; import an earlier file")
    return found


def _refuse_conflicts(conn: Connection, undone: ListImport, values: Mapping[str, Any]) -> None:
    rows = conn.execute(_SQL["conflicts"], values).fetchall()
    if rows:
        plates = ", ".join(dict.fromkeys(row["plate"] for row in rows))
        raise UndoRefusedError(
            f"watchlist {undone.watchlist_id}: import {undone.id} cannot be undone: {rows[0]['number']} of its entries"
            f" were changed later (such as {plates}); undo the later imports first, or edit these entries"
        )


def _from_row(row: Mapping[str, Any]) -> ListImport:
    origin = Origin(**{name: row[name] for name in Origin.__dataclass_fields__})
    result = ImportResult(**{name: row[name] for name in ImportResult.__dataclass_fields__})
    own = [name for name in ListImport.__dataclass_fields__ if name not in ("origin", "result")]
    return ListImport(origin=origin, result=result, **{name: row[name] for name in own})
