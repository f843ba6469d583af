# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention report: what is kept by purpose and gate, what was discarded, what was deleted. No plates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from anpr.store.audit import AuditAction
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.images.files import Shelf
from anpr.store.retention import WITHOUT_PURPOSE

_SQL = load_queries("retention_report")
DROPPED_WITHIN = timedelta(days=30)
_DELETIONS = 50
"""The newest so many are told."""
_TOLD = [str(AuditAction.DATA_DELETED), str(AuditAction.AUDIT_PRUNED)]


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRetention:
    """What is kept of one gate: rows of transits and images, and the bytes that the images' rows tell; `oldest` capture
    time (UTC). `discarded` transits were counted and not kept, over the hours whose counts are kept."""

    gate_id: str
    purpose: str | None
    keep: str
    transits: int
    oldest: datetime | None
    images: int
    image_bytes: int
    discarded: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PurposeRetention:
    """What is kept that was read for one purpose: rows and bytes as of a gate.

    `purpose` is its id; empty: for none, or before its gate named one. `dropped_transits` and `dropped_images` were
    deleted with their days since the report's `since`.
    """

    purpose: str
    transits: int
    oldest: datetime | None
    images: int
    image_bytes: int
    discarded: int
    """At the gates that name the purpose now."""
    dropped_transits: int
    dropped_images: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRetention:
    """Rows of one kind that are kept, and the oldest moment that they tell (UTC; None: they tell none)."""

    name: str
    rows: int
    oldest: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deletion:
    """What one row of the audit says was deleted."""

    seq: int
    at: datetime
    detail: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesOfGate:
    """Image files of one gate on the shelf: how many, and their bytes."""

    files: int
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionReport:
    """The whole report, of one moment; what was dropped, since `since` (UTC)."""

    since: datetime
    purposes: tuple[PurposeRetention, ...]
    gates: tuple[GateRetention, ...]
    tables: tuple[TableRetention, ...]
    deletions: tuple[Deletion, ...]


def retention_report(conn: Connection, now: datetime) -> RetentionReport:
    """Count what is there; reads all that is kept. Call it first in a transaction. Raises StoreError."""
    conn.execute(_SQL["one_moment"])
    deletions = conn.execute(_SQL["deletions"], {"actions": _TOLD, "limit": _DELETIONS})
    since, action = now - DROPPED_WITHIN, str(AuditAction.DATA_DELETED)
    purposes = conn.execute(_SQL["purposes"], {"action": action, "since": since, "without": WITHOUT_PURPOSE})
    return RetentionReport(
        since=since,
        purposes=tuple([PurposeRetention(**row) for row in purposes]),
        gates=tuple([GateRetention(**row) for row in conn.execute(_SQL["gates"])]),
        tables=tuple([TableRetention(**row) for row in conn.execute(_SQL["tables"])]),
        deletions=tuple([Deletion(**row) for row in deletions]),
    )


def count_files(shelf: Shelf) -> dict[str, FilesOfGate]:
    """The image files of each gate, by its id: lists all of them. Raises StoreError."""
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for day in shelf.days():
        for gate in shelf.gates(day):
            for stored in shelf.files(day, gate):
                files[unquote(gate)] += 1
                sizes[unquote(gate)] += stored.size
    return {gate: FilesOfGate(files=files[gate], bytes=sizes[gate]) for gate in sorted(files)}
