# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audit log: who did what, when and why (D.Lgs. 51/2018 art. 21). Append-only; each hash covers the row before it."""

import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from psycopg.types.json import Json

from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.database.scope import ITSELF

GENESIS = bytes(32)
_NOTED = re.compile(r"([1-9][0-9]{0,17}):([0-9a-fA-F]{64})")
_SQL = load_queries("audit")


class AuditAction(StrEnum):
    """What is recorded."""

    SEARCH = "search"
    SEARCH_REFUSED = "search-refused"
    TRANSIT_VIEWED = "transit-viewed"
    IMAGE_VIEWED = "image-viewed"
    EXPORTED = "exported"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"
    ALARM_CLOSED = "alarm-closed"
    WATCHLIST_SAVED = "watchlist-saved"
    WATCHLIST_IMPORTED = "watchlist-imported"
    WATCHLIST_VIEWED = "watchlist-viewed"
    WATCHLIST_DELETED = "watchlist-deleted"
    ENTRY_ADDED = "entry-added"
    ENTRY_REMOVED = "entry-removed"
    USER_CREATED = "user-created"
    USER_CHANGED = "user-changed"
    KEY_ENROLLED = "key-enrolled"
    KEY_REVOKED = "key-revoked"
    KEYS_FORGOTTEN = "keys-forgotten"
    LOGIN = "login"
    LOGIN_REFUSED = "login-refused"
    LOGOUT = "logout"
    ACCESS_REFUSED = "access-refused"
    AUDIT_VIEWED = "audit-viewed"
    FORWARDED = "forwarded"
    FORWARD_EXPIRED = "forward-expired"
    DATA_DELETED = "data-deleted"
    HOLD_MADE = "hold-made"
    HOLD_CHANGED = "hold-changed"
    HOLD_ENDED = "hold-ended"
    REQUEST_REGISTERED = "request-registered"
    REQUEST_FOUND = "request-found"
    REQUEST_EXPORTED = "request-exported"
    REQUEST_ERASED = "request-erased"
    REQUEST_ANSWERED = "request-answered"
    REQUEST_REFUSED = "request-refused"
    ORGANISATION_SAVED = "organisation-saved"
    OWNER_CHANGED = "owner-changed"
    AGREEMENT_MADE = "agreement-made"
    AGREEMENT_ENDING = "agreement-ending"
    AGREEMENT_ENDED = "agreement-ended"


_KNOWN = frozenset(AuditAction)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEvent:
    """One thing somebody did. `detail` is JSON: numbers, texts, lists, and no plates of data that was deleted."""

    actor: str
    action: AuditAction | str
    """A plain text where the row is of a version that knows more actions, or of a stranger."""
    at: datetime
    reason: str | None = None
    case_reference: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditRow:
    """An event as it stands in the chain."""

    seq: int
    event: AuditEvent
    hash: str
    """64 hex digits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedHead:
    """The number of the newest row at some time, and its hash (64 hex digits): written ROWS:HEAD."""

    rows: int
    head: str

    def __str__(self) -> str:
        return f"{self.rows}:{self.head}"


def parse_noted(text: str) -> NotedHead:
    """What was noted. Raises InputError when it is not ROWS:HEAD."""
    found = _NOTED.fullmatch(text.strip())
    if found is None:
        raise InputError("expected ROWS:HEAD as anpr db check prints it: a number, a colon and 64 hex digits")
    return NotedHead(rows=int(found[1]), head=found[2].lower())


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """Result of a walk along the chain. `broken_at` is the first row that does not fit; None when all do.

    Rows cut off at the end leave no break, nor does a chain that was made anew: only what was noted elsewhere shows it.
    `differs_at` are the noted rows that are missing or have another hash.
    """

    rows: int
    head: str
    broken_at: int | None
    differs_at: tuple[int, ...] = ()


def append(conn: Connection, event: AuditEvent) -> AuditRow:
    """Add the event to the chain; it counts once the transaction commits. One appender at a time until then."""
    conn.execute(_SQL["lock"])
    last = one_row(conn, _SQL["last"])
    seq = (last["seq"] or 0) + 1
    previous = last["hash"] or GENESIS
    event = _of_organisation(conn, event, last["organisation"])
    digest = row_hash(seq, event, previous)
    conn.execute(
        _SQL["append"],
        {
            "seq": seq,
            "at": event.at,
            "actor": event.actor,
            "action": str(event.action),
            "reason": event.reason,
            "case_reference": event.case_reference,
            "detail": Json(dict(event.detail), dumps=_canonical),
            "previous_hash": previous,
            "hash": digest,
        },
    )
    return AuditRow(seq=seq, event=event, hash=digest.hex())


def _of_organisation(conn: Connection, event: AuditEvent, acting: str | None) -> AuditEvent:
    """The event with the organisation for which it was done in its detail; the manager's have none.

    Where the console acts for itself, as at a login, it is the actor's.
    """
    if acting == ITSELF.organisation_id:
        actor = conn.execute(_SQL["organisation_of"], {"name": event.actor}).fetchone()
        acting = actor["organisation_id"] if actor else None
    if acting in (None, MANAGER):
        return event
    return replace(event, detail={**event.detail, "organisation": acting})


def get_audit(conn: Connection, seq: int) -> AuditRow | None:
    """The row with this number; None when there is none."""
    row = conn.execute(_SQL["get"], {"seq": seq}).fetchone()
    return row_of(row) if row else None


def list_audit(conn: Connection, before_seq: int | None = None, limit: int = 200) -> list[AuditRow]:
    """Rows, newest first; with `before_seq`, the ones before it."""
    rows = conn.execute(_SQL["list"], {"before_seq": before_seq, "limit": limit})
    return [row_of(row) for row in rows]


def history_of_hold(conn: Connection, number: int) -> list[AuditRow]:
    """What was done to the hold with this number, oldest first; of the organisation that the console acts for."""
    return [row_of(row) for row in conn.execute(_SQL["of_hold"], {"number": number})]


def history_of_request(conn: Connection, number: int) -> list[AuditRow]:
    """What was done for the request with this number, oldest first; of the organisation that the console acts for."""
    return [row_of(row) for row in conn.execute(_SQL["of_request"], {"number": number})]


def verify(conn: Connection, noted: Collection[NotedHead] = ()) -> Verification:
    """Walk the chain from its first row, recompute every hash, and compare those of the noted rows."""
    count, previous, broken_at = 0, GENESIS, None
    missing = {(each.rows, each.head) for each in noted}
    for row in _all_rows(conn):
        expected = row_hash(count + 1, _event(row), previous)
        if row["seq"] != count + 1 or bytes(row["previous_hash"]) != previous or bytes(row["hash"]) != expected:
            broken_at = row["seq"]
            break
        count, previous = count + 1, expected
        missing.discard((count, previous.hex()))
    # Behind a break nothing was compared: the break says it.
    differs = tuple(sorted({rows for rows, _ in missing if broken_at is None or rows <= count}))
    return Verification(rows=count, head=previous.hex(), broken_at=broken_at, differs_at=differs)


def last_head(conn: Connection) -> NotedHead | None:
    """The newest row and its hash, as one notes them elsewhere; None while there is no row."""
    row = one_row(conn, _SQL["last"])
    return NotedHead(rows=row["seq"], head=bytes(row["hash"]).hex()) if row["seq"] else None


def still_has(conn: Connection, noted: NotedHead) -> bool:
    """Whether the row of that number still has that hash; walks no chain."""
    row = get_audit(conn, noted.rows)
    return row is not None and row.hash == noted.head


def walk(conn: Connection, first: int = 1) -> Iterator[AuditRow]:
    """All rows from this number on, in their order; as they are when it begins."""
    for row in _all_rows(conn, first):
        yield row_of(row)


def _all_rows(conn: Connection, first: int = 1) -> Iterator[dict[str, Any]]:
    with conn.cursor(name="audit_walk") as cursor:
        cursor.itersize = 1000
        yield from cursor.execute(_SQL["walk"], {"first": first})


def row_of(row: dict[str, Any]) -> AuditRow:
    """The row of the chain in a row of the table."""
    return AuditRow(seq=row["seq"], event=_event(row), hash=row["hash"].hex())


def _event(row: dict[str, Any]) -> AuditEvent:
    action = row["action"]
    return AuditEvent(
        actor=row["actor"],
        action=AuditAction(action) if action in _KNOWN else str(action),
        at=row["at"],
        reason=row["reason"],
        case_reference=row["case_reference"],
        detail=row["detail"],
    )


def row_hash(seq: int, event: AuditEvent, previous: bytes) -> bytes:
    """SHA-256 of the row before (32 bytes) and this one; with it anybody can walk the chain."""
    content = {
        "seq": seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": event.actor,
        "action": str(event.action),
        "reason": event.reason,
        "case_reference": event.case_reference,
        "detail": dict(event.detail),
    }
    return hashlib.sha256(previous + _canonical(content).encode()).digest()


def _canonical(value: object) -> str:
    """One text per value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
