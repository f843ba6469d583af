# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ledger of alarms told to the owners of their lists: one row for each alarm, destination, message and version."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarm_messages")
_LIMIT = 50
_MAX_REASON = 500


class AlarmMessageState(StrEnum):
    """queued → sent → accepted | rejected; dead: given up; superseded: the alarm was opened again before that."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEAD = "dead"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, kw_only=True, slots=True)
class TellingOf:
    """Of which alarms a destination is told: of an organisation's lists, by id and kind; local ones by id only."""

    destination: str
    organisation_id: str
    lists: Collection[str]
    kinds: Collection[str]
    local_lists: Collection[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmMessage:
    """A message that is due: `raised`, or `outcome` once that was sent; each closing (`closed_at`) is a version."""

    alarm_id: int
    message: str
    version: int
    closed_at: datetime | None
    sighting_id: int
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldAlarm:
    """An alarm as it is told; `outcome` and `closed_at` are None while it is open. The transit is the sighting's."""

    id: int
    kind: str
    plate: str
    priority: str
    raised_at: datetime
    outcome: str | None
    closed_at: datetime | None
    list_id: str
    list_name: str
    transit_id: UUID
    captured_at: datetime


def plan_messages(conn: Connection, of: TellingOf, since: datetime, now: datetime) -> int:
    """Queue what was sighted after `since` and not told, and outcomes of what was told; returns how many."""
    values = {
        "destination": of.destination,
        "organisation": of.organisation_id,
        "lists": list(of.lists),
        "kinds": list(of.kinds),
        "local_lists": list(of.local_lists),
        "since": since,
        "now": now,
    }
    return sum(conn.execute(_SQL[name], values).rowcount for name in ("plan_raised", "plan_outcomes"))


def supersede_outcomes(conn: Connection, destination: str, now: datetime) -> list[AlarmMessage]:
    """Settle outcomes that wait while their alarm was opened again; returns them."""
    rows = conn.execute(_SQL["supersede_outcomes"], {"destination": destination, "now": now})
    return [AlarmMessage(**row) for row in rows]


def due_messages(conn: Connection, destination: str, now: datetime) -> list[AlarmMessage]:
    """Those that may be sent now, the longest due first; of an alarm, that it was raised before its outcome."""
    rows = conn.execute(_SQL["due"], {"destination": destination, "now": now, "limit": _LIMIT})
    return [AlarmMessage(**row) for row in rows]


def told_alarm(conn: Connection, message: AlarmMessage) -> ToldAlarm | None:
    """What is told; None when the alarm or its sighting is not there any more."""
    row = conn.execute(_SQL["told"], {"alarm": message.alarm_id, "sighting": message.sighting_id}).fetchone()
    return ToldAlarm(**row) if row else None


def begin_message(conn: Connection, destination: str, message: AlarmMessage, next_at: datetime) -> None:
    """Note, before it is sent, that it may be at the destination from now on."""
    conn.execute(_SQL["begin"], {**_key(destination, message), "next": next_at})


def settle_message(  # noqa: PLR0913  what a row has
    conn: Connection,
    destination: str,
    message: AlarmMessage,
    state: AlarmMessageState,
    now: datetime,
    *,
    reason: str | None = None,
    next_at: datetime | None = None,
) -> None:
    """Note what came of it; `queued` again with the next try."""
    told = {"state": state.value, "reason": reason[:_MAX_REASON] if reason else None, "next": next_at, "now": now}
    conn.execute(_SQL["settle"], {**_key(destination, message), **told})


def _key(destination: str, message: AlarmMessage) -> dict[str, object]:
    return {
        "destination": destination,
        "alarm": message.alarm_id,
        "message": message.message,
        "version": message.version,
    }


def message_counts(conn: Connection, destination: str) -> list[tuple[str, str, int, str | None]]:
    """Message, state, how many, and a reason of those, for each state that occurs."""
    rows = conn.execute(_SQL["counts"], {"destination": destination})
    return [(row["message"], row["state"], row["count"], row["reason"]) for row in rows]


def send_again(conn: Connection, destination: str, now: datetime) -> int:
    """Queue what was rejected or given up again; returns how many."""
    return conn.execute(_SQL["again"], {"destination": destination, "now": now}).rowcount
