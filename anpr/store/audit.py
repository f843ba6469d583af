# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audit log: who did what, when and why (D.Lgs. 51/2018 art. 21). Append-only; each hash covers the row before it."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
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
SYSTEM = "system"
"""Who warns of agreements and stops them: it writes a row for each party itself."""
_NOTED = re.compile(r"([1-9][0-9]{0,17}):([0-9a-fA-F]{64})")
_SQL = load_queries("audit")


class AuditAction(StrEnum):
    """What is recorded."""

    SEARCH = "search"
    SEARCH_REFUSED = "search-refused"
    CROSS_SEARCHED = "cross-searched"
    TRANSIT_VIEWED = "transit-viewed"
    IMAGE_VIEWED = "image-viewed"
    VIEW_ASKED = "view-asked"
    VIEW_SHOWN = "view-shown"
    EXPORTED = "exported"
    ALARM_ACKNOWLEDGED = "alarm-acknowledged"
    ALARM_CLOSED = "alarm-closed"
    ALARM_STARTED = "alarm-started"
    ALARM_RELEASED = "alarm-released"
    ALARM_TAKEN_OVER = "alarm-taken-over"
    ALARM_HANDED_OVER = "alarm-handed-over"
    ALARM_NOTED = "alarm-noted"
    ALARM_REOPENED = "alarm-reopened"
    ALARM_SUPPRESSED = "alarm-suppressed"
    ALARM_UNSUPPRESSED = "alarm-unsuppressed"
    ALARM_DISPATCHED = "alarm-dispatched"
    PATROL_ON_SCENE = "patrol-on-scene"
    PATROL_POSITION = "patrol-position"
    PUSH_DEVICE_ADDED = "push-device-added"
    PUSH_DEVICE_REMOVED = "push-device-removed"
    HANDOVER_SIGNED_OUT = "handover-signed-out"
    HANDOVER_SIGNED_IN = "handover-signed-in"
    WATCHLIST_SAVED = "watchlist-saved"
    WATCHLIST_IMPORTED = "watchlist-imported"
    WATCHLIST_IMPORT_UNDONE = "watchlist-import-undone"
    WATCHLIST_IMPORT_REFUSED = "watchlist-import-refused"
    WATCHLIST_DELIVERY = "watchlist-delivery"
    WATCHLIST_FETCH_ASKED = "watchlist-fetch-asked"
    WATCHLIST_PROPOSED = "watchlist-proposed"
    WATCHLIST_PROPOSAL_CLOSED = "watchlist-proposal-closed"
    WATCHLIST_VIEWED = "watchlist-viewed"
    WATCHLIST_DELETED = "watchlist-deleted"
    ENTRY_ADDED = "entry-added"
    WATCHLIST_SEARCHED = "watchlist-searched"
    ENTRY_CHANGED = "entry-changed"
    ENTRY_ENDED = "entry-ended"
    ENTRY_REMOVED = "entry-removed"
    ENTRY_RESTORED = "entry-restored"
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
    CONFORMANCE_RUN = "conformance-run"
    DELIVERIES_REQUEUED = "deliveries-requeued"
    REQUEUE_UNDONE = "requeue-undone"
    DATA_DELETED = "data-deleted"
    HOLD_MADE = "hold-made"
    HOLD_CHANGED = "hold-changed"
    HOLD_ENDED = "hold-ended"
    INVESTIGATION_OPENED = "investigation-opened"
    INVESTIGATION_CHANGED = "investigation-changed"
    INVESTIGATION_ENDED = "investigation-ended"
    INVESTIGATION_REOPENED = "investigation-reopened"
    INVESTIGATION_MEMBER_ADDED = "investigation-member-added"
    INVESTIGATION_MEMBER_REMOVED = "investigation-member-removed"
    INVESTIGATION_NOTED = "investigation-noted"
    TRANSITS_MARKED = "transits-marked"
    TRANSITS_UNMARKED = "transits-unmarked"
    QUESTION_SAVED = "question-saved"
    QUESTION_REMOVED = "question-removed"
    EVIDENCE_ASKED = "evidence-asked"
    EVIDENCE_MADE = "evidence-made"
    EVIDENCE_FAILED = "evidence-failed"
    EVIDENCE_LINK_MADE = "evidence-link-made"
    EVIDENCE_LINK_ENDED = "evidence-link-ended"
    EVIDENCE_DELIVERED = "evidence-delivered"
    EVIDENCE_REFUSED = "evidence-refused"
    EVIDENCE_STAMPED = "evidence-stamped"
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
    DOCUMENT_MADE = "document-made"
    GATE_SAVED = "gate-saved"
    SETTINGS_CHANGED = "settings-changed"
    AUDIT_PRUNED = "audit-pruned"
    AUDIT_HEAD_MAILED = "audit-head-mailed"
    AUDIT_MAIL_FAILED = "audit-mail-failed"
    RECIPIENT_SAVED = "recipient-saved"
    RECIPIENT_DELETED = "recipient-deleted"
    AREA_SAVED = "area-saved"
    AREA_DELETED = "area-deleted"
    NOTIFICATION_RULE_SAVED = "notification-rule-saved"
    NOTIFICATION_RULE_DELETED = "notification-rule-deleted"
    NOTIFICATION_TESTED = "notification-tested"
    NOTIFICATION_RETRIED = "notification-retried"


_KNOWN = frozenset(AuditAction)
_OF_OWNERS = frozenset({
    AuditAction.GATE_SAVED, AuditAction.OWNER_CHANGED, AuditAction.WATCHLIST_SAVED, AuditAction.WATCHLIST_IMPORTED,
    AuditAction.WATCHLIST_IMPORT_UNDONE, AuditAction.WATCHLIST_IMPORT_REFUSED, AuditAction.WATCHLIST_DELETED,
    AuditAction.WATCHLIST_DELIVERY, AuditAction.WATCHLIST_FETCH_ASKED,
    AuditAction.ENTRY_ADDED, AuditAction.ENTRY_CHANGED, AuditAction.ENTRY_ENDED, AuditAction.ENTRY_REMOVED,
    AuditAction.ENTRY_RESTORED, AuditAction.WATCHLIST_PROPOSED, AuditAction.WATCHLIST_PROPOSAL_CLOSED,
    AuditAction.HOLD_MADE, AuditAction.HOLD_CHANGED, AuditAction.HOLD_ENDED,
    AuditAction.AGREEMENT_MADE, AuditAction.AGREEMENT_ENDED,
})  # fmt: skip
"""Changes to what has an owner, who is told of them."""


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


def append(conn: Connection, event: AuditEvent) -> AuditRow:
    """Add the event to the chain; it counts once the transaction commits. One appender at a time until then.

    A change to what another organisation owns is a second row, of that organisation: its auditor sees no rows of
    whoever made the change, as the manager or the command line.
    """
    return append_all(conn, [event])[0]


def append_all(conn: Connection, events: Sequence[AuditEvent]) -> list[AuditRow]:
    """Add the events to the chain in their order, as `append` does each; the row of each."""
    conn.execute(_SQL["lock"])
    last = one_row(conn, _SQL["last"])
    chain = _Chain(last["seq"] or 0, last["hash"] or GENESIS)
    found = []
    for event in events:
        told = _of_organisation(conn, event, last["organisation"])
        row = chain.add(told)
        found.append(row)
        for owner in _other_owners(conn, event, told):
            chain.add(replace(event, detail={**event.detail, "organisation": owner, "same_as": row.seq}))
    with conn.cursor() as cursor:
        cursor.executemany(_SQL["append"], chain.added)
    return found


class _Chain:
    """Rows to add after the newest one, as the statement takes them."""

    def __init__(self, seq: int, digest: bytes) -> None:
        self._seq = seq
        self._digest = digest
        self.added: list[dict[str, Any]] = []

    def add(self, event: AuditEvent) -> AuditRow:
        previous = self._digest
        self._seq += 1
        self._digest = row_hash(self._seq, event, previous)
        self.added.append(
            {
                "seq": self._seq,
                "at": event.at,
                "actor": event.actor,
                "action": str(event.action),
                "reason": event.reason,
                "case_reference": event.case_reference,
                "detail": Json(dict(event.detail), dumps=_canonical),
                "previous_hash": previous,
                "hash": self._digest,
            }
        )
        return AuditRow(seq=self._seq, event=event, hash=self._digest.hex())


def _other_owners(conn: Connection, event: AuditEvent, told: AuditEvent) -> list[str]:
    """Organisations that own what was changed, besides the one whose row `told` is and the manager."""
    if event.action not in _OF_OWNERS or "organisation" in event.detail or event.actor == SYSTEM:
        return []
    values = {
        "gates": _names(event.detail, "gate", "gates"),
        "watchlists": _names(event.detail, "watchlist", "watchlists"),
        "hold": event.detail.get("hold"),
    }
    owners = {row["organisation_id"] for row in conn.execute(_SQL["owners"], values)}
    owners |= set(_names(event.detail, "grantor")) | set(_names(event.detail, "grantee"))
    return sorted(owners - {MANAGER, told.detail.get("organisation", MANAGER)})


def _names(detail: Mapping[str, Any], one: str, many: str = "") -> list[str]:
    more = detail.get(many)
    return [name for name in (detail.get(one), *(more if isinstance(more, list) else ())) if isinstance(name, str)]


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


def last_head(conn: Connection) -> NotedHead | None:
    """The newest row and its hash, as one notes them elsewhere; None while there is no row."""
    row = one_row(conn, _SQL["last"])
    return NotedHead(rows=row["seq"], head=bytes(row["hash"]).hex()) if row["seq"] else None


def walk(conn: Connection, first: int = 1, last: int | None = None) -> Iterator[AuditRow]:
    """All rows from this number on, to `last` where it is given, in their order; as they are when it begins."""
    with conn.cursor(name="audit_walk") as cursor:
        cursor.itersize = 1000
        for row in cursor.execute(_SQL["walk"], {"first": first, "last": last}):
            yield row_of(row)


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
