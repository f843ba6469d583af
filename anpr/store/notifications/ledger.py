# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notification ledger: one row per alarm or proposal, channel and recipient. Nobody is left out or told twice."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind, NotificationState, Planned, Recipient, SendFault
from anpr.domain.watchlist import Priority
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries
from anpr.store.database.session_lock import SessionLock, session_lock

PAGE_LIMIT = 50
MOST_TESTS = 20
"""Tests of one organisation that may wait at once."""
MOST_RETRIES = 500
"""Rows that are put back at once: each has a row in the audit."""
MAX_ID = 2**63 - 1
_SQL = load_queries("notifications")


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerRow:
    """A row of the ledger. `alarm_id` and `proposal_id` are None for a test; `asked_by` asked for that, or sent the
    alarm to the recipient. Times are UTC."""

    id: int
    organisation_id: str
    alarm_id: int | None
    proposal_id: int | None
    recipient_id: int
    recipient_name: str
    """As it was when this was planned."""
    channel: ChannelKind
    rule_id: int | None
    step: int
    priority: Priority
    state: NotificationState
    attempts: int
    queued_at: datetime
    next_attempt_at: datetime
    settled_at: datetime | None
    last_error: str | None
    """In the channel's own words."""
    last_fault: SendFault | None
    asked_by: str | None

    @property
    def is_test(self) -> bool:
        """Whether somebody tries the recipient."""
        return self.alarm_id is None and self.proposal_id is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The next row to send, and its recipient as it is now; None where it is gone, or has changed its channel."""

    row: LedgerRow
    recipient: Recipient | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerFilter:
    """Which rows of the ledger; None limits nothing."""

    state: NotificationState | None = None
    channel: ChannelKind | None = None
    recipient: int | None = None
    alarm: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerTally:
    """Rows of one channel in one state: how many, when the oldest was queued and the newest settled (UTC)."""

    channel: ChannelKind
    state: NotificationState
    count: int
    oldest: datetime
    newest: datetime | None


def notifier_lock(database: Database) -> AbstractContextManager[SessionLock | None]:
    """The lock of the one process that plans and sends; None while another one does. Raises StoreError."""
    return session_lock(database, "anpr notifier", "the notifier's lock")


def enter(conn: Connection, organisation: str, planned: Sequence[Planned], now: datetime) -> list[ChannelKind]:
    """Give each planned delivery its row, `queued`, unless it has one; returns the channels of the new ones."""
    values = {
        "alarm_id": [each.alarm_id for each in planned],
        "recipient_id": [each.recipient.id for each in planned],
        "recipient_name": [each.recipient.name for each in planned],
        "channel": [str(each.recipient.channel) for each in planned],
        "rule_id": [each.rule_id for each in planned],
        "step": [each.step for each in planned],
        "priority": [str(each.priority) for each in planned],
    }
    rows = conn.execute(_SQL["enter"], {**values, "organisation": organisation, "now": now})
    return [ChannelKind(row["channel"]) for row in rows]


def enter_test(conn: Connection, recipient: Recipient, by: Author) -> int:
    """A test message for this recipient, on behalf of the organisation that acts; its number. Raises InputError while
    too many wait."""
    if count_of(conn, _SQL["tests_waiting"]) >= MOST_TESTS:
        raise InputError(f"tests: {MOST_TESTS} wait already")
    values = {"recipient_id": recipient.id, "recipient_name": recipient.name, "channel": str(recipient.channel)}
    number = int(one_row(conn, _SQL["enter_test"], {**values, "at": by.at, "by": by.name})["id"])
    detail = {"recipient": recipient.id, "name": recipient.name, "channel": str(recipient.channel)}
    append(conn, AuditEvent(actor=by.name, action=AuditAction.NOTIFICATION_TESTED, at=by.at, detail=detail))
    return number


def enter_handed_over(conn: Connection, recipient: Recipient, alarm_id: int, priority: Priority, by: Author) -> int:
    """An alarm that the author sends to this recipient, whatever the rules say; its number in the ledger."""
    values = {"recipient_id": recipient.id, "recipient_name": recipient.name, "channel": str(recipient.channel)}
    values |= {"alarm": alarm_id, "priority": str(priority), "at": by.at, "by": by.name}
    return int(one_row(conn, _SQL["enter_handed_over"], values)["id"])


def take(conn: Connection, channel: ChannelKind, now: datetime, paused: Collection[int] = ()) -> Taken | None:
    """The most urgent row of this channel that may be tried now, locked; None where there is none. `paused` are ids of
    recipients that cannot be reached at the moment."""
    values = {"channel": str(channel), "now": now, "paused": list(paused)}
    row = conn.execute(_SQL["take"], values).fetchone()
    if row is None:
        return None
    recipient = None
    if row["present_channel"] == row["channel"] and row["recipient_organisation"] == row["organisation_id"]:
        recipient = Recipient(
            id=row["recipient_id"],
            organisation_id=row["organisation_id"],
            name=row["present_name"],
            channel=channel,
            address=row["address"],
            enabled=row["enabled"],
            proposals=row["proposals"],
        )
    return Taken(row=_from_row(row), recipient=recipient)


def begin_attempt(conn: Connection, number: int, next_attempt_at: datetime) -> None:
    """Count an attempt, and say when the next one is if nothing is heard of this one. Commit it before sending."""
    conn.execute(_SQL["begin_attempt"], {"id": number, "next": next_attempt_at})


def settle(  # noqa: PLR0913  what an attempt came to
    conn: Connection,
    number: int,
    attempt: int,
    state: NotificationState,
    at: datetime,
    *,
    error: str | None = None,
    fault: SendFault | None = None,
    next_attempt_at: datetime | None = None,
) -> bool:
    """Write what attempt number `attempt` (1 the first) came to; False where somebody changed the row meanwhile."""
    is_settled = state in (NotificationState.SENT, NotificationState.DEAD)
    values = {"id": number, "attempt": attempt, "state": str(state), "error": error, "next": next_attempt_at}
    values["fault"] = fault and str(fault)
    return conn.execute(_SQL["settle"], {**values, "settled": at if is_settled else None}).rowcount > 0


def take_up_lost(conn: Connection, now: datetime, most_s: float) -> int:
    """Let attempts be made again that a process began which is no more; returns how many. Each after a wait that
    doubles with the attempts, up to `most_s` seconds: one that ends the process must not be the first every time."""
    return conn.execute(_SQL["lost_attempts"], {"now": now, "most_s": most_s}).rowcount


def give_up(conn: Connection, channel: ChannelKind, before: datetime, now: datetime, reason: str) -> int:
    """Rows that have waited since before this are dead; returns how many. They keep their last error."""
    values = {"channel": str(channel), "before": before, "now": now, "reason": reason}
    return conn.execute(_SQL["give_up"], values).rowcount


def waiting(conn: Connection, channel: ChannelKind) -> tuple[int, datetime | None]:
    """How many rows of this channel wait, and since when the oldest does (UTC)."""
    row = one_row(conn, _SQL["waiting"], {"channel": str(channel)})
    return row["count"], row["oldest"]


def dead(conn: Connection, channel: ChannelKind) -> int:
    """How many rows of this channel were given up and not sent again."""
    return count_of(conn, _SQL["dead"], {"channel": str(channel)})


def next_attempt(conn: Connection, channel: ChannelKind, paused: Collection[int] = ()) -> datetime | None:
    """When the next row of this channel may be tried (UTC); None where none waits."""
    at: datetime | None = one_row(conn, _SQL["next_attempt"], {"channel": str(channel), "paused": list(paused)})["at"]
    return at


def retry(
    conn: Connection, by: Author, *, number: int | None = None, channel: ChannelKind | None = None
) -> list[LedgerRow]:
    """Put dead rows back: one, or those of a channel, or all that this transaction sees, the newest MOST_RETRIES at
    once; each has all its tries again.

    Each is in the audit. Raises InputError when `number` is given and names no dead row.
    """
    values = {"id": number, "channel": channel and str(channel), "now": by.at, "limit": MOST_RETRIES}
    rows = conn.execute(_SQL["retry"], values).fetchall()
    if number is not None and not rows:
        raise InputError(f"notification {number}: there is none that was given up")
    for row in rows:
        detail = {"notification": row["id"], "alarm": row["alarm_id"], "channel": row["channel"]}
        detail |= {"proposal": row["proposal_id"]} if row["proposal_id"] is not None else {}
        detail |= {"recipient": row["recipient_id"], "name": row["recipient_name"]}
        append(conn, AuditEvent(actor=by.name, action=AuditAction.NOTIFICATION_RETRIED, at=by.at, detail=detail))
    return [_from_row(row) for row in rows]


def list_notifications(
    conn: Connection, which: LedgerFilter = LedgerFilter(), below: int = MAX_ID, limit: int = PAGE_LIMIT
) -> list[LedgerRow]:
    """Rows with ids below this, newest first, that this transaction sees."""
    values: dict[str, Any] = {
        "state": which.state and str(which.state),
        "channel": which.channel and str(which.channel),
        "recipient": which.recipient,
        "alarm": which.alarm,
    }
    return [_from_row(row) for row in conn.execute(_SQL["list"], {**values, "below": below, "limit": limit})]


def tally(conn: Connection) -> list[LedgerTally]:
    """What this transaction sees, by channel and state."""
    return [
        LedgerTally(**{**row, "channel": ChannelKind(row["channel"]), "state": NotificationState(row["state"])})
        for row in conn.execute(_SQL["tally"])
    ]


def forget_notifications(conn: Connection, before: datetime) -> int:
    """Retention: delete rows queued before this (UTC), and escalations that nobody took out; returns how many rows."""
    conn.execute(_SQL["forget_escalations"], {"before": before})
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _from_row(row: Mapping[str, Any]) -> LedgerRow:
    values = {name: row[name] for name in LedgerRow.__dataclass_fields__}
    values |= {"channel": ChannelKind(row["channel"]), "state": NotificationState(row["state"])}
    values["last_fault"] = SendFault(row["last_fault"]) if row["last_fault"] else None
    return LedgerRow(**{**values, "priority": Priority(row["priority"])})
