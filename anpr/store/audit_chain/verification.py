# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verification of the audit's hash chain: from its first row, or from where a proved deletion of the oldest rows
ends."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from anpr.domain.errors import InputError
from anpr.store.audit import GENESIS, AuditRow, NotedHead, get_audit, row_hash, row_of
from anpr.store.audit_chain.cut import Proof, read_proof
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit")
_EVERY = -(2**62)
"""Before any row: also before one to which somebody gave a number below 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """Result of a walk along the chain. `broken_at` is the first row that does not fit; None when all do.

    Rows cut off at the end leave no break, nor does a chain that was made anew: only what was noted elsewhere shows it.
    `differs_at` are the noted rows that are missing or have another hash; not those that a proof says were pruned,
    which are `pruned_heads`.
    """

    rows: int
    """That are there and whole."""
    head: str
    broken_at: int | None
    differs_at: tuple[int, ...] = ()
    pruned_heads: int = 0
    proof: Proof | None = None
    """Of the newest deletion of oldest rows; None where there was none, or what should prove it does not."""
    unproved: str | None = None
    """Why the row that should prove it does not."""

    @property
    def last(self) -> int:
        """The number of the last row that is whole, or was pruned."""
        return self.rows + (self.proof.cut.last if self.proof else 0)


def verify(conn: Connection, noted: Collection[NotedHead] = ()) -> Verification:
    """Walk the chain from its first row, recompute every hash, and compare those of the noted rows.

    Where oldest rows were pruned it goes on from the hash that the newest proof names, which is itself a row of the
    walk. Whose key signed the proof is for the caller to judge.
    """
    proof, unproved = _newest_proof(conn)
    start = proof.cut.last if proof else 0
    last, previous, broken_at = start, bytes.fromhex(proof.cut.head) if proof else GENESIS, None
    missing = {(each.rows, each.head) for each in noted} - {(last, previous.hex())}
    pruned = {each for each in missing if each[0] < start}
    missing -= pruned
    for row, held_previous in _linked_rows(conn):
        expected = row_hash(last + 1, row.event, previous)
        if row.seq != last + 1 or held_previous != previous or bytes.fromhex(row.hash) != expected:
            broken_at = row.seq
            break
        last, previous = last + 1, expected
        missing.discard((last, previous.hex()))
    # Behind a break nothing was compared: the break says it.
    differs = tuple(sorted({rows for rows, _ in missing if broken_at is None or rows <= last}))
    return Verification(
        rows=last - start,
        head=previous.hex(),
        broken_at=broken_at,
        differs_at=differs,
        pruned_heads=len(pruned),
        proof=proof,
        unproved=unproved,
    )


def newest_cut(conn: Connection) -> Proof | None:
    """The proof of the newest deletion of oldest rows; None where there was none. Raises InputError as read_proof
    does."""
    row = conn.execute(_SQL["newest_cut"]).fetchone()
    return read_proof(row["detail"]) if row else None


def still_has(conn: Connection, noted: NotedHead) -> bool:
    """Whether the row of that number still has that hash, or was pruned with proof; walks no chain."""
    row = get_audit(conn, noted.rows)
    if row is not None:
        return row.hash == noted.head
    proof, _ = _newest_proof(conn)
    if proof is None or noted.rows > proof.cut.last:
        return False
    return noted.rows < proof.cut.last or noted.head == proof.cut.head


def _newest_proof(conn: Connection) -> tuple[Proof | None, str | None]:
    try:
        return newest_cut(conn), None
    except InputError as exc:
        return None, str(exc)


def _linked_rows(conn: Connection) -> Iterator[tuple[AuditRow, bytes]]:
    """Each row, and the hash that it says the row before has."""
    with conn.cursor(name="audit_chain") as cursor:
        cursor.itersize = 1000
        for row in cursor.execute(_SQL["walk"], {"first": _EVERY, "last": None}):
            yield row_of(row), bytes(row["previous_hash"])
