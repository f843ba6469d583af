# SPDX-License-Identifier: AGPL-3.0-or-later
"""Failed logins, counted by every console together: by user and address, by address, and by user. Bounded.

Names and addresses are stored as digests: somebody may have typed their password as a name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

FORGET_AFTER = timedelta(hours=1)
"""So long after the last one, failures are forgotten; those of an account, so long after the first."""
PLACES_KEPT = timedelta(days=90)
"""So long an address from which a user has logged in is known."""
_SQL = load_queries("login_failures")


class FailureKind(StrEnum):
    """What failures are counted by."""

    HERE = "here"
    """A user at an address."""
    ADDRESS = "address"
    ACCOUNT = "account"
    """A user over all addresses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subjects:
    """Digests of what one try is counted under, 32 bytes each."""

    here: bytes
    address: bytes
    account: bytes

    def of(self, kind: FailureKind) -> bytes:
        """The one of this kind."""
        return {FailureKind.HERE: self.here, FailureKind.ADDRESS: self.address, FailureKind.ACCOUNT: self.account}[kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failures:
    """How many, the first and the last one (UTC)."""

    failures: int
    first_at: datetime
    last_at: datetime


def lock_failures(conn: Connection) -> None:
    """Until the transaction ends no other console counts: tries made at once are judged one after another."""
    conn.execute(_SQL["lock"])


def failures_of(conn: Connection, subjects: Subjects, now: datetime) -> Mapping[FailureKind, Failures]:
    """What was counted under these and is not forgotten yet."""
    conn.execute(_SQL["forget"], {"before": now - FORGET_AFTER})
    rows = conn.execute(_SQL["read"], _values(subjects))
    return {FailureKind(row.pop("kind")): Failures(**row) for row in rows}


def is_known_place(conn: Connection, here: bytes) -> bool:
    """Whether this user has logged in from this address before."""
    return conn.execute(_SQL["is_known"], {"place": here}).fetchone() is not None


def count_failure(conn: Connection, subjects: Subjects, now: datetime, most: int) -> None:
    """One more under each; of each kind at most `most` rows stay, those that failed last."""
    before = failures_of(conn, subjects, now)
    for kind in FailureKind:
        known = before.get(kind)
        is_over = kind is FailureKind.ACCOUNT and known is not None and now - known.first_at > FORGET_AFTER
        values = {"kind": str(kind), "subject": subjects.of(kind), "at": now, "is_over": is_over}
        conn.execute(_SQL["count"], values)
        conn.execute(_SQL["bound"], {"kind": str(kind), "most": most})


def forgive(conn: Connection, subjects: Subjects, now: datetime, most: int) -> None:
    """The user has logged in: nothing failed here, one try less elsewhere, and this is a known place of `most`."""
    conn.execute(_SQL["clear"], {"here": subjects.here})
    conn.execute(_SQL["take_back"], _values(subjects))
    conn.execute(_SQL["know"], {"place": subjects.here, "at": now})
    conn.execute(_SQL["bound_places"], {"before": now - PLACES_KEPT, "most": most})


def count_rows(conn: Connection, kind: FailureKind) -> int:
    """How many are counted by this kind."""
    row = conn.execute(_SQL["rows"], {"kind": str(kind)}).fetchone()
    return int(row["rows"]) if row else 0


def _values(subjects: Subjects) -> dict[str, bytes]:
    return {"here": subjects.here, "address": subjects.address, "account": subjects.account}
