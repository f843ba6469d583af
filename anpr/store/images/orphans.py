# SPDX-License-Identifier: AGPL-3.0-or-later
"""Removes orphans, images that no row names: one at a time, after checking again, with a row in the audit."""

from concurrent.futures import ThreadPoolExecutor

from anpr.domain.errors import StoreError
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.images.check import THREADS, Fault, GateReport, batches
from anpr.store.images.files import Shelf
from anpr.store.images.rows import named_keys, nobody_puts

BATCH = 200
"""Ingest waits while one is removed: about a second for a day of millions of rows."""


def remove_orphans(database: Database, shelf: Shelf, report: GateReport, actor: str, clock: Clock) -> int:
    """Remove the orphans of this report that still are some; returns how many went.

    Two events around it: were there one, files could go unrecorded. Raises StoreError; doing it again is harmless.
    """
    orphans = report.faults[Fault.ORPHAN]
    if not orphans:
        return 0
    removed = 0
    _record(database, report, actor, clock, {"phase": "begun", "orphans": len(orphans)})
    try:
        for keys in batches(orphans, BATCH):
            removed += _remove(database, shelf, report, keys)
    except StoreError:
        _record(database, report, actor, clock, {"phase": "broken off", "orphans": removed})  # at least
        raise
    _record(database, report, actor, clock, {"phase": "ended", "orphans": removed})
    return removed


def _remove(database: Database, shelf: Shelf, report: GateReport, keys: list[str]) -> int:
    with database.transaction() as conn:
        nobody_puts(conn)
        gone = sorted(set(keys) - named_keys(conn, report.day, keys))
        with ThreadPoolExecutor(THREADS, thread_name_prefix="orphans") as threads:
            list(threads.map(shelf.remove, gone))
    return len(gone)


def _record(database: Database, report: GateReport, actor: str, clock: Clock, what: dict[str, object]) -> None:
    detail = {**what, "day": report.day.isoformat(), "gate": report.folder}
    with database.transaction() as conn:
        append(conn, AuditEvent(actor=actor, action=AuditAction.DATA_DELETED, at=clock.now(), detail=detail))
