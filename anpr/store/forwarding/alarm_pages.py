# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read model of the ledger of alarms told to owners: counts, what was not taken, and of one alarm. No plates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.alarm_messages import AlarmMessageState

_SQL = load_queries("alarm_messages")
LATE_AFTER = timedelta(minutes=5)
"""A message that waits longer is told as late: the owner should have it within seconds."""
LOST_WITHIN = timedelta(days=7)
"""What was rejected or given up is a warning for so long; its destination's page shows it while its alarm is kept."""
_MOST_OF_ALARM = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldMessage:
    """One message of the ledger. `outcome` is what it told of the alarm, of one that tells an outcome."""

    destination: str
    alarm_id: int
    message: str
    version: int
    state: AlarmMessageState
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: str | None
    outcome: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TroubledTelling:
    """A destination whose owner was not told: `lost` were rejected or given up, `late` wait since `since` or later."""

    destination: str
    lost: int
    late: int
    since: datetime


Tally = dict[tuple[str, str], int]
"""How many, by message and state."""


def message_tallies(conn: Connection, destinations: Sequence[str]) -> dict[str, Tally]:
    """Of each of these destinations. Raises StoreError."""
    found: dict[str, Tally] = defaultdict(dict)
    for row in conn.execute(_SQL["tallies"], {"destinations": list(destinations)}):
        found[row["destination"]][row["message"], row["state"]] = row["count"]
    return {each: found[each] for each in destinations}


def troubled_tellings(conn: Connection, now: datetime) -> list[TroubledTelling]:
    """Destinations with messages that were not taken, or wait for too long; of the console's role, of its organisation.
    Raises StoreError."""
    values = {"lost_since": now - LOST_WITHIN, "late_before": now - LATE_AFTER}
    return [TroubledTelling(**row) for row in conn.execute(_SQL["troubled"], values)]


def untaken_messages(conn: Connection, destination: str, limit: int) -> list[ToldMessage]:
    """What waits, was rejected or given up, newest first. Raises StoreError."""
    return [_from(row) for row in conn.execute(_SQL["untaken"], {"destination": destination, "limit": limit})]


def messages_of_alarm(conn: Connection, alarm_id: int) -> list[ToldMessage]:
    """All messages about it, by destination: that it was raised, then its outcomes. Raises StoreError."""
    return [_from(row) for row in conn.execute(_SQL["of_alarm"], {"alarm": alarm_id, "limit": _MOST_OF_ALARM})]


def _from(row: dict[str, object]) -> ToldMessage:
    return ToldMessage(**{**row, "state": AlarmMessageState(str(row["state"]))})  # type: ignore[arg-type]
