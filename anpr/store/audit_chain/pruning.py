# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pruning of the audit: its oldest rows are exported and signed, proved by a row of the chain, and only then deleted.

1. The rows go to a file, which is read again and verified as any export is: a part whose chain is broken is never
   deleted.
2. One transaction appends the proof (`cut.py`) and calls the database's `prune_audit`, which deletes
   what the proof covers and nothing else. The file is on the disk before; a crash between the two leaves a file, which
   the next run finds, verifies and uses.

Rows of a hold that has not ended, of its case, and of an open request stay, with all rows after the first of them.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError, StoreError
from anpr.runtime.clock import Clock
from anpr.store.audit import GENESIS, AuditAction, AuditEvent, append, walk
from anpr.store.audit_chain.archive import VerifiedFile, verify_file, write_file
from anpr.store.audit_chain.cut import Cut, signed_detail
from anpr.store.audit_chain.verification import newest_cut
from anpr.store.audit_export import export_lines, verify_export
from anpr.store.database.connection import Connection, Database, mapped_errors
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.retention_guard import DatabaseClock, database_now, older_clock

LEAST_DAYS = 183
"""Six months, kept whatever is set: Garante, 27 November 2008, on the access of system administrators. The database
has the same figure in prune_audit."""
MOST_ROWS = 100_000
"""Of one part: nobody searches while it is deleted, as each search is a row of the audit."""
_SQL = load_queries("audit")
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prunable:
    """Rows `first` to `last` may go; `kept_by`: why the next one stays (age, hold, case, request; end: there is
    none)."""

    first: int
    last: int
    kept_by: str

    @property
    def rows(self) -> int:
        """How many."""
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class PruneOrder:
    """Who prunes and why. `archive`: the folder of the exports; None: none is kept, and `reason` says why."""

    actor: str
    archive: Path | None
    reason: str | None = None
    case_reference: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Part:
    first: int
    last: int
    previous: bytes
    oldest_at: datetime
    newest_at: datetime


def limit_of(days: int, clock: Clock, there: datetime) -> datetime:
    """The moment before which rows are older than `days`, by the older of this machine's clock and the database's."""
    return older_clock(clock, there) - timedelta(days=days)


def month_start(moment: datetime) -> datetime:
    """The start of its month (UTC): what is pruned by itself goes by whole months, so that parts are few."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def prunable(conn: Connection, before: datetime) -> Prunable:
    """Which rows may go when those before this moment are too old."""
    row = conn.execute(_SQL["prunable"], {"before": before}).fetchone()
    first = conn.execute(_SQL["first"]).fetchone()
    if row is None or first is None:
        return Prunable(first=1, last=0, kept_by="end")
    return Prunable(first=first["seq"], last=row["last"], kept_by=row["kept_by"])


def prune(  # noqa: PLR0913  what it needs from outside
    database: Database,
    before: datetime,
    order: PruneOrder,
    key: SigningKey,
    clock: Clock,
    *,
    most_rows: int = MOST_ROWS,
    database_clock: DatabaseClock = database_now,
) -> list[Cut]:
    """Prune the rows before this moment, in parts of at most `most_rows`; gives what went. Safe to run again at any
    time.

    Raises InputError where `before` is within the last six months, and StoreError where the rows are not whole, the
    archive cannot be written, or another process is at it. Nothing of that part is deleted then.
    """
    with database.transaction() as conn:
        youngest = limit_of(LEAST_DAYS, clock, database_clock(conn))
    if before > youngest:
        raise InputError(f"the audit's rows are kept for {LEAST_DAYS} days at least: before {youngest:%Y-%m-%d}")
    cuts = []
    with _alone(database):
        while (part := _next_part(database, before, most_rows, order.archive)) is not None:
            file = _exported(database, part, order.archive, key, clock)
            cuts.append(_cut(database, part, file, order, key, clock))
    return cuts


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """A connection of its own keeps the lock over the transactions, and lets go of it however this process ends."""
    conn = database.connect(autocommit=True)
    try:
        with mapped_errors():
            taken = one_row(conn, _SQL["alone"])["alone"]
        if not taken:
            raise StoreError("the audit is being pruned by another process")
        yield
    finally:
        conn.close()


def _next_part(database: Database, before: datetime, most_rows: int, archive: Path | None) -> _Part | None:
    with database.transaction() as conn:
        found = prunable(conn, before)
        if not found.rows:
            return None
        proof = _known_cut(conn)
        start = proof.last + 1 if proof else 1
        if found.first != start:
            raise StoreError(f"the audit's first row is {found.first} and should be {start}: anpr db check")
        last = min(found.last, found.first + most_rows - 1)
        left = _left_behind(archive, found.first)
        if left is not None and left <= found.last:
            last = left
        span = one_row(conn, _SQL["span"], {"first": found.first, "last": last})
    previous = bytes.fromhex(proof.head) if proof else GENESIS
    return _Part(
        first=found.first, last=last, previous=previous, oldest_at=span["oldest_at"], newest_at=span["newest_at"]
    )


def _known_cut(conn: Connection) -> Cut | None:
    try:
        proof = newest_cut(conn)
    except InputError as exc:
        raise StoreError(f"{exc}: anpr db check") from exc
    return proof.cut if proof else None


def _left_behind(archive: Path | None, first: int) -> int | None:
    """The last row of a file that begins with this row: a run was cut short after it had written the file."""
    if archive is None:
        return None
    for path in sorted(archive.glob(f"audit-{first:09d}-*.jsonl")):
        text = path.stem.rpartition("-")[2]
        if text.isdecimal():
            return int(text)
    return None


def _exported(
    database: Database, part: _Part, archive: Path | None, key: SigningKey, clock: Clock
) -> VerifiedFile | None:
    """The part's rows, verified: in the file of the archive, or nowhere. Raises StoreError where they are not whole."""
    path = archive / f"audit-{part.first:09d}-{part.last:09d}.jsonl" if archive else None
    try:
        if path is None:
            with database.transaction() as conn:
                _check(verify_export(_lines(conn, part, key, clock)).rows, part)
            return None
        if not path.exists():
            with database.transaction() as conn:
                write_file(path, _lines(conn, part, key, clock))
        file = verify_file(path)
    except InputError as exc:
        raise StoreError(f"the audit's rows {part.first} to {part.last} are not whole, and stay: {exc}") from exc
    _check(file.export.rows, part)
    if file.export.first != part.first or file.export.public_key != key.public or not _is_of(database, part, file):
        raise StoreError(f"{path} is not the export of rows {part.first} to {part.last}: move it away")
    return file


def _is_of(database: Database, part: _Part, file: VerifiedFile) -> bool:
    with database.transaction() as conn:
        return bytes(one_row(conn, _SQL["hash"], {"seq": part.last})["hash"]).hex() == file.export.head


def _check(rows: int, part: _Part) -> None:
    if rows != part.last - part.first + 1:
        raise StoreError(f"the export of the audit's rows {part.first} to {part.last} has {rows} rows, and they stay")


def _lines(conn: Connection, part: _Part, key: SigningKey, clock: Clock) -> Iterator[bytes]:
    return export_lines(walk(conn, part.first, part.last), part.previous, key, clock.now())


def _cut(
    database: Database, part: _Part, file: VerifiedFile | None, order: PruneOrder, key: SigningKey, clock: Clock
) -> Cut:
    with database.transaction() as conn:
        cut = Cut(
            first=part.first,
            last=part.last,
            head=bytes(one_row(conn, _SQL["hash"], {"seq": part.last})["hash"]).hex(),
            oldest_at=part.oldest_at,
            newest_at=part.newest_at,
            export=file.path.name if file else None,
            export_sha256=file.sha256 if file else None,
        )
        event = AuditEvent(
            actor=order.actor,
            action=AuditAction.AUDIT_PRUNED,
            at=clock.now(),
            reason=order.reason,
            case_reference=order.case_reference,
            detail=signed_detail(cut, key),
        )
        proof = append(conn, event).seq
        gone = one_row(conn, _SQL["prune"], {"proof": proof})["gone"]
    log.info("audit: rows %d to %d were pruned (%d), proved by row %d", cut.first, cut.last, gone, proof)
    return cut
