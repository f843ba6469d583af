# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the notifier reads of alarms, in one place: sightings in their order, and what is told of one alarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.alarm import AlarmState
from anpr.domain.notification import Sight
from anpr.domain.watchlist import Priority
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

STEP_LIMIT = 500
"""Sightings that are planned in one transaction."""
_OF_ALARM_LIMIT = 50
"""Sightings of one alarm that are looked at for what is told of it: the newest."""
_SQL = load_queries("notifications")


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenVehicle:
    """A sighting with the state of its alarm. Times are UTC; `plate` and `gate_name` only where one alarm is asked
    for."""

    sighting_id: int
    alarm_id: int
    raised_at: datetime
    at: datetime
    state: AlarmState
    retro: bool
    sight: Sight
    plate: str = ""
    gate_name: str = ""


def sightings_after(conn: Connection, sighting_id: int) -> list[SeenVehicle]:
    """Up to STEP_LIMIT sightings with ids above this, in their order; `at` is when each was raised."""
    return [_seen(row) for row in conn.execute(_SQL["sightings_after"], {"after": sighting_id, "limit": STEP_LIMIT})]


def sightings_of(conn: Connection, alarm_id: int) -> list[SeenVehicle]:
    """Those of one alarm, the newest first; `at` is when each was captured. None when the alarm is gone."""
    rows = conn.execute(_SQL["sightings_of"], {"alarm": alarm_id, "limit": _OF_ALARM_LIMIT})
    return [_seen(row) for row in rows]


def progress(conn: Connection) -> int:
    """Up to which sighting all is planned; locked until this transaction ends."""
    return int(one_row(conn, _SQL["progress"])["after_id"])


def advance(conn: Connection, sighting_id: int) -> None:
    """All up to this sighting is planned, once the transaction commits."""
    conn.execute(_SQL["advance"], {"after": sighting_id})


def _seen(row: Mapping[str, Any]) -> SeenVehicle:
    sight = Sight(
        gate_id=row["gate_id"], watchlist_id=row["watchlist_id"], kind=row["kind"], priority=Priority(row["priority"])
    )
    names = ("sighting_id", "alarm_id", "raised_at", "at", "retro")
    more = {name: row[name] for name in ("plate", "gate_name") if name in row}
    return SeenVehicle(**{name: row[name] for name in names}, **more, state=AlarmState(row["state"]), sight=sight)
