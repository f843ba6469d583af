# SPDX-License-Identifier: AGPL-3.0-or-later
"""Edits of single entries, each with author and reason in the audit; what was removed is restored from its row."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.plate import look_alike_key
from anpr.domain.watchlist import Entry
from anpr.store.audit import AuditAction, AuditEvent, append, get_audit
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import NewEntry, add_entry
from anpr.store.watchlists.entry_pages import ListedEntry, get_entry, listed_from_row
from anpr.store.watchlists.locks import lock_to_change
from anpr.store.watchlists.versions import ChangedMeanwhileError, entry_values, version_of

_SQL = load_queries("entries")
RESTORED_WITHIN = timedelta(hours=1)
"""So long after a removal whoever made it may restore the entry. Later it is put on the list as a new one."""


class DuplicateEntryError(InputError):
    """The list has this plate with this validity already."""


class EntryGoneError(InputError):
    """The list has no such entry (any more)."""


class NotRunningError(InputError):
    """An entry that has not begun, or is over, has no end to bring forward."""


def put_entry(conn: Connection, watchlist_id: str, entry: NewEntry, by: Author) -> int:
    """Its number. Raises DuplicateEntryError, and InputError when there is no such list of one's own."""
    act_as(conn, by)
    lock_to_change(conn, watchlist_id)
    refuse_twin(conn, watchlist_id, 0, entry)
    added = add_entry(conn, watchlist_id, entry)
    _note(conn, AuditAction.ENTRY_ADDED, added, by, entry.reason, _validity(added))
    return added.id


def change_entry(  # noqa: PLR0913, PLR0917  what, by whom, why, and what was shown
    conn: Connection, watchlist_id: str, number: int, wanted: NewEntry, by: Author, reason: str, seen: str = ""
) -> None:
    """Another reason or validity; the plate stays. `seen`: the version that was shown, empty for whatever it is.

    Raises ChangedMeanwhileError, DuplicateEntryError, EntryGoneError, and InputError when there is no such list of
    one's own.
    """
    before = _locked(conn, watchlist_id, number, by, seen)
    wanted = replace(wanted, plate=before.entry.plate)
    refuse_twin(conn, watchlist_id, number, wanted)
    after = _write(conn, before.entry, wanted)
    was = {"entry_reason": before.entry.reason, **_validity(before.entry), **_instructions(before.entry)}
    _note(conn, AuditAction.ENTRY_CHANGED, after, by, reason, {**_validity(after), "was": was})


def end_entry(conn: Connection, watchlist_id: str, number: int, by: Author, reason: str, seen: str = "") -> None:
    """It holds for nothing captured from now on. Raises NotRunningError, and as `change_entry`."""
    before = _locked(conn, watchlist_id, number, by, seen).entry
    if not before.is_valid_at(by.at) or before.valid_from == by.at:
        raise NotRunningError(f"watchlist {watchlist_id}: entry {number} does not hold now")
    wanted = NewEntry(plate=before.plate, reason=before.reason, valid_from=before.valid_from, valid_to=by.at,
                      instructions=before.instructions)  # fmt: skip
    refuse_twin(conn, watchlist_id, number, wanted)
    after = _write(conn, before, wanted)
    _note(conn, AuditAction.ENTRY_ENDED, after, by, reason, {**_validity(after), "was": _validity(before)})


def remove_entry(conn: Connection, watchlist_id: str, number: int, by: Author, reason: str, seen: str = "") -> int:
    """Take it off the list; returns the number of its row in the audit, which `restore_entry` takes. Raises as
    `change_entry`."""
    _locked(conn, watchlist_id, number, by, seen)
    row = conn.execute(_SQL["remove_one"], {"watchlist_id": watchlist_id, "id": number}).fetchone()
    if row is None:
        raise EntryGoneError(f"watchlist {watchlist_id}: no entry {number}")
    gone = listed_from_row(row)
    put = {"put_by": gone.author, "put_at": _iso(gone.added_at)}
    return _note(conn, AuditAction.ENTRY_REMOVED, gone.entry, by, reason, {**_validity(gone.entry), **put})


def restorable(conn: Connection, watchlist_id: str, row: int, by: Author) -> Mapping[str, Any] | None:
    """What the author removed from the list by this row of the audit within RESTORED_WITHIN; None when it is none."""
    found = get_audit(conn, row)
    if found is None or found.event.action is not AuditAction.ENTRY_REMOVED or found.event.actor != by.name:
        return None
    detail = found.event.detail
    is_old = by.at - found.event.at > RESTORED_WITHIN
    return None if is_old or detail.get("watchlist") != watchlist_id or "entry_reason" not in detail else detail


def restore_entry(conn: Connection, watchlist_id: str, row: int, by: Author) -> int:
    """Put it on the list again as it was, also with who had put it there; its number, which is a new one.

    Raises EntryGoneError when there is nothing to restore, DuplicateEntryError, and InputError when there is no such
    list of one's own.
    """
    act_as(conn, by)
    lock_to_change(conn, watchlist_id)
    gone = restorable(conn, watchlist_id, row, by)
    if gone is None:
        raise EntryGoneError(f"watchlist {watchlist_id}: row {row} of the audit removed nothing that can be restored")
    values = {name: gone.get(name) for name in ("plate", "valid_from", "valid_to", "instructions")}
    values |= {"watchlist_id": watchlist_id, "look_alike": look_alike_key(gone["plate"])}
    values |= {"reason": gone["entry_reason"], "author": gone.get("put_by"), "added_at": gone.get("put_at")}
    restored = conn.execute(_SQL["restore"], values).fetchone()
    if restored is None:
        raise DuplicateEntryError(f"watchlist {watchlist_id}: the plate is on it already, with the same validity")
    entry = listed_from_row(restored).entry
    _note(conn, AuditAction.ENTRY_RESTORED, entry, by, None, {"removed_by_row": row})
    return entry.id


def refuse_other_entry(listed: ListedEntry, seen: str) -> None:
    """Raises ChangedMeanwhileError when the entry is another one than the version that was seen (empty: whatever)."""
    if seen and seen != version_of(entry_values(listed.entry)):
        where = f"watchlist {listed.entry.watchlist_id}: entry {listed.entry.id}"
        raise ChangedMeanwhileError(where, listed.edited_by, listed.edited_at)


def _locked(conn: Connection, watchlist_id: str, number: int, by: Author, seen: str) -> ListedEntry:
    act_as(conn, by)
    lock_to_change(conn, watchlist_id)
    found = get_entry(conn, watchlist_id, number)
    if found is None:
        raise EntryGoneError(f"watchlist {watchlist_id}: no entry {number}")
    refuse_other_entry(found, seen)
    return found


def refuse_twin(conn: Connection, watchlist_id: str, number: int, wanted: NewEntry) -> None:
    """Raises DuplicateEntryError when another entry than this one has the plate and validity (0: any)."""
    values = {"watchlist_id": watchlist_id, "id": number, "plate": wanted.plate}
    values |= {"valid_from": wanted.valid_from, "valid_to": wanted.valid_to}
    if conn.execute(_SQL["twin"], values).fetchone() is not None:
        raise DuplicateEntryError(f"watchlist {watchlist_id}: the plate is on it already, with the same validity")


def _write(conn: Connection, before: Entry, wanted: NewEntry) -> Entry:
    values = {"watchlist_id": before.watchlist_id, "id": before.id, "reason": wanted.reason}
    values |= {"valid_from": wanted.valid_from, "valid_to": wanted.valid_to, "instructions": wanted.instructions}
    row = conn.execute(_SQL["change_one"], values).fetchone()
    if row is None:
        raise EntryGoneError(f"watchlist {before.watchlist_id}: no entry {before.id}")
    return listed_from_row(row).entry


def _note(
    conn: Connection, action: AuditAction, entry: Entry, by: Author, reason: str | None, more: dict[str, Any]
) -> int:
    told = {"watchlist": entry.watchlist_id, "entry": entry.id, "plate": entry.plate, "entry_reason": entry.reason}
    told |= _instructions(entry)
    row = append(conn, AuditEvent(actor=by.name, action=action, at=by.at, reason=reason, detail={**told, **more}))
    return row.seq


def _instructions(entry: Entry) -> dict[str, str]:
    return {"instructions": entry.instructions} if entry.instructions else {}


def _validity(entry: Entry) -> dict[str, str | None]:
    return {"valid_from": _iso(entry.valid_from), "valid_to": _iso(entry.valid_to)}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
