# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the whole chain, streamed: the export is recorded first, and its own row is the last of the file."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from anpr.domain.errors import InputError, StoreError
from anpr.store.audit import GENESIS, AuditEvent, AuditRow, append, get_audit, walk
from anpr.store.audit_chain.verification import newest_cut
from anpr.store.audit_export import export_lines, site_key
from anpr.store.database.connection import Connection, Database

_PAGE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeExport:
    """Rows `first` to `last` as the lines of an export; the lines are read from the database while they are taken."""

    first: int
    last: int
    lines: Iterator[bytes]


def whole_export(database: Database, event: AuditEvent, secret: bytes, from_row: int | None = None) -> WholeExport:
    """Record `event`, with the first row in its detail, and give the chain from that row to it.

    `secret`: what the site's key is derived from. Raises InputError where `from_row` is pruned or does not exist;
    nothing is recorded then. Taking the lines raises StoreError.
    """
    with database.transaction() as conn:
        start = _start(conn)
        first = start if from_row is None else from_row
        if first < start:
            raise InputError(f"--from-row: rows up to {start - 1} were pruned, and are in the archive's files")
        last = append(conn, replace(event, detail={**event.detail, "audit_from_row": first})).seq
        if first > last:
            raise InputError(f"--from-row: the audit has {last - 1} rows")
    return WholeExport(first=first, last=last, lines=_lines(database, first, last, secret, event))


def _start(conn: Connection) -> int:
    proof = newest_cut(conn)
    return proof.cut.last + 1 if proof else 1


def _lines(database: Database, first: int, last: int, secret: bytes, event: AuditEvent) -> Iterator[bytes]:
    with database.transaction() as conn:
        previous = _before(conn, first)
    yield from export_lines(_rows(database, first, last), previous, site_key(secret), event.at)


def _rows(database: Database, first: int, last: int) -> Iterator[AuditRow]:
    """In pages, each in a transaction of its own: whoever takes the lines slowly holds no connection. Rows never
    change, but they may be pruned meanwhile: then it ends with a StoreError, and what was taken has no signature."""
    for begin in range(first, last + 1, _PAGE):
        with database.transaction() as conn:
            if (start := _start(conn)) > begin:
                raise StoreError(f"the audit's rows up to {start - 1} were pruned while they were exported")
            page = list(walk(conn, begin, min(last, begin + _PAGE - 1)))
        yield from page


def _before(conn: Connection, first: int) -> bytes:
    """The hash of the row before, which may be pruned."""
    before = get_audit(conn, first - 1)
    if before is not None:
        return bytes.fromhex(before.hash)
    proof = newest_cut(conn)
    return bytes.fromhex(proof.cut.head) if proof and proof.cut.last == first - 1 else GENESIS
