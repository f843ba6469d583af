# SPDX-License-Identifier: AGPL-3.0-or-later
"""Import of a list file: read as its source is read, compared with the list, put on it with its row in the audit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import tzinfo
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.list_delivery import words_of_delivery
from anpr.listfiles.columns import Column
from anpr.listfiles.reading import HowToRead, ListFile, read_list_file
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.entries import ImportMode, ImportResult
from anpr.store.watchlists.imports import (
    MOST_REMOVED,
    Batch,
    ListImport,
    Origin,
    Preview,
    preview_import,
    record_import,
    undo_import,
)
from anpr.store.watchlists.lists import get_watchlist
from anpr.store.watchlists.received import back_to_version_before, begin_undo, find_received, note_effect
from anpr.store.watchlists.sources import Source, get_source, remember_source


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOrder:
    """A file and where it goes. `how` comes before what is remembered of `source`, and is remembered with it."""

    watchlist_id: str
    name: str
    """The file's name without its folder; it stands in messages, the history and the audit."""
    content: bytes = field(repr=False)
    mode: ImportMode = ImportMode.ADD
    source: str = ""
    how: HowToRead = field(default_factory=HowToRead)
    skips_rejected: bool = False
    """Whether the good rows are imported when others are wrong."""
    is_delivery: bool = False
    """Of a list that a centre hands out: it may be empty, or hold changes."""


def read_order(conn: Connection, order: ImportOrder, zone: tzinfo) -> ListFile:
    """The file as it is understood; changes nothing. Raises InputError when it is no list file, or there is no such
    list."""
    get_watchlist(conn, order.watchlist_id)
    return read_list_file(order.name, order.content, zone, how_of_order(conn, order))


def preview_order(conn: Connection, order: ImportOrder, read: ListFile, examples: int = 0) -> Preview:
    """What the import would do to the list. Raises InputError when there is no such list."""
    return preview_import(conn, _batch(order, read), examples)


def refuse_wrong_rows(order: ImportOrder, read: ListFile) -> None:
    """Raises InputError when rows are wrong and that is not allowed, no row is right, or it holds changes and is no
    delivery."""
    if read.rejects and not order.skips_rejected:
        raise InputError(
            f"{order.name}: {len(read.rejects)} of {read.rows} rows are wrong, the first: {read.rejects[0]};"
            " nothing was imported (--skip-rejected imports the others)"
        )
    if order.is_delivery:
        return
    if read.is_delta or read.removals:
        raise InputError(f"{order.name}: it holds changes of a list, which a list takes that is received from a centre")
    if not read.entries:
        raise InputError(f"{order.name}: no entries below the header")


def refuse_removal(order: ImportOrder, preview: Preview) -> None:
    """Raises InputError when a replacing import would take off more of the list than is plausible."""
    if preview.removes_too_much:
        raise InputError(
            f"watchlist {order.watchlist_id}: {removal_text(order, preview)};"
            " nothing was imported (--yes does it all the same)"
        )


def removal_text(order: ImportOrder, preview: Preview) -> str:
    """What a replacing import would take off the list."""
    removed, size = preview.result.removed, preview.size
    return f"{order.name} would take off {removed} of {size} entries, more than {MOST_REMOVED:.0%}"


def import_order(
    conn: Connection, order: ImportOrder, read: ListFile, by: Author, expected: ImportResult | None = None
) -> ListImport:
    """Put what was read on the list, all or nothing, with its row in the audit; remember how the source is read.

    Raises InputError as `refuse_wrong_rows`, and ListChangedError when it would do anything else than `expected`.
    """
    refuse_wrong_rows(order, read)
    origin = Origin(
        file_name=order.name,
        sha256=read.sha256,
        format=str(read.format),
        encoding=read.encoding or "",
        source=order.source,
        rejected=len(read.rejects),
    )
    done = record_import(conn, _batch(order, read), origin, by, expected=expected)
    if order.source:
        how = how_of_order(conn, order)
        columns = {str(column): place for column, place in how.columns.items()}
        source = Source(columns=columns, sheet=how.sheet, reason=how.reason, profile=how.profile)
        remember_source(conn, order.watchlist_id, order.source, source, by.at)
    seen = {"separator": read.separator, "sheet": read.sheet, "columns": read.columns, "rows": read.rows}
    noticed = {str(notice): number for notice, number in read.noticed.items()}
    version = words_of_delivery(read.delivery) if order.is_delivery else {}
    _audit(conn, AuditAction.WATCHLIST_IMPORTED, done, by, {**seen, "warnings": noticed, **version})
    return done


def undo_order(conn: Connection, watchlist_id: str, by: Author, import_id: int | None) -> ListImport:
    """Undo an import, with its row in the audit; of a list that is received what is held is the version before.
    Raises as `undo_import`."""
    received = find_received(conn, watchlist_id)
    number = begin_undo(conn, received, by) if received is not None else 0
    done = undo_import(conn, watchlist_id, by, import_id)
    if number:
        note_effect(conn, number, {**asdict(done.result), "import_id": done.id})
        back_to_version_before(conn, watchlist_id, done.undoes)
    _audit(conn, AuditAction.WATCHLIST_IMPORT_UNDONE, done, by, {"undoes": done.undoes})
    return done


def _batch(order: ImportOrder, read: ListFile) -> Batch:
    if order.mode is not ImportMode.DELTA:
        return Batch(watchlist_id=order.watchlist_id, entries=read.entries, mode=order.mode)
    return Batch(
        watchlist_id=order.watchlist_id,
        entries=read.entries,
        mode=order.mode,
        removals=read.removals,
        replaced=read.replaced,
    )


def how_of_order(conn: Connection, order: ImportOrder) -> HowToRead:
    """As it was told; for what was not, as it is remembered of the source."""
    if not order.source:
        return order.how
    known = get_source(conn, order.watchlist_id, order.source)
    columns = {Column(name): place for name, place in known.columns.items()}
    return HowToRead(
        columns={**columns, **order.how.columns},
        sheet=order.how.sheet or known.sheet,
        reason=order.how.reason or known.reason,
        encoding=order.how.encoding,
        profile=order.how.profile or known.profile,
    )


def _audit(conn: Connection, action: AuditAction, done: ListImport, by: Author, more: Mapping[str, Any]) -> None:
    """No plate is in it: the history has the differences, for as long as they are kept."""
    origin, result = done.origin, done.result
    detail = {
        "watchlist": done.watchlist_id,
        "import": done.id,
        "mode": done.mode,
        "file": origin.file_name,
        "sha256": origin.sha256,
        "format": origin.format,
        "encoding": origin.encoding or None,
        "source": origin.source or None,
        **{name: getattr(result, name) for name in ("added", "changed", "unchanged", "removed")},
        "rejected": origin.rejected,
        "version_before": done.version_before,
        "version_after": done.version_after,
        **more,
    }
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, detail=detail))
