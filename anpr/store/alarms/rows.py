# SPDX-License-Identifier: AGPL-3.0-or-later
"""Row mapper of alarms and their sightings, and the queries that give them as they are."""

from collections.abc import Iterable, Sequence
from typing import Any

from anpr.domain.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmKind, AlarmOutcome, AlarmState, Sighting
from anpr.domain.watchlist import Priority
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

ALARM_CHANNEL = "anpr_alarm"
RETRO_CHANNEL = "anpr_alarm_retro"
"""NOTIFY channel of alarms from the past, apart from live ones: an import may raise hundreds at once."""
_SQL = load_queries("alarms")


def list_alarms(
    conn: Connection,
    states: Iterable[AlarmState] | None = None,
    after_id: int | None = None,
    limit: int = 200,
    *,
    retro: bool | None = None,
) -> list[Alarm]:
    """Alarms in these states (all when None). Newest first; with `after_id`, those raised after it, oldest first.

    `retro`: only those from the past, or none of them.
    """
    name = "list_newest" if after_id is None else "list_after"
    wanted = None if states is None else [str(state) for state in states]
    rows = conn.execute(_SQL[name], {"states": wanted, "after_id": after_id, "limit": limit, "retro": retro})
    return [from_row(row) for row in rows]


def get_alarm(conn: Connection, alarm_id: int) -> Alarm | None:
    """The alarm with this id; None when there is none."""
    row = conn.execute(_SQL["get"], {"id": alarm_id}).fetchone()
    return from_row(row) if row else None


def some_alarms(conn: Connection, ids: Iterable[int]) -> list[Alarm]:
    """Those of these ids that there are, oldest first."""
    return [from_row(row) for row in conn.execute(_SQL["list_some"], {"ids": list(ids)})]


def list_sightings(conn: Connection, alarm_id: int | None = None, limit: int = 200) -> list[Sighting]:
    """Sightings of this alarm (None: all there are), the newest first; also those that were suppressed."""
    rows = conn.execute(_SQL["sightings_newest"], {"alarm": alarm_id, "limit": limit})
    return [sighting_from_row(row) for row in rows]


def sightings_of_transits(conn: Connection, transit_ids: Sequence[object]) -> list[Sighting]:
    """All sightings of these transits, oldest first."""
    rows = conn.execute(_SQL["sightings_of_transits"], {"ids": list(transit_ids)})
    return [sighting_from_row(row) for row in rows]


def list_events(conn: Connection, alarm_id: int, limit: int = 200) -> list[AlarmEvent]:
    """What happened to the alarm, the newest first."""
    rows = conn.execute(_SQL["events"], {"alarm": alarm_id, "limit": limit})
    return [AlarmEvent(**{**row, "kind": AlarmEventKind(row["kind"])}) for row in rows]


def from_row(row: dict[str, Any]) -> Alarm:
    """The alarm in a row of the table."""
    values = {name: row[name] for name in Alarm.__dataclass_fields__}
    values["kind"] = AlarmKind(row["kind"])
    values["priority"] = Priority(row["priority"])
    values["state"] = AlarmState(row["state"])
    values["outcome"] = AlarmOutcome(row["outcome"]) if row["outcome"] else None
    return Alarm(**values)


def sighting_from_row(row: dict[str, Any]) -> Sighting:
    """The sighting in a row of the table."""
    values = {name: row[name] for name in Sighting.__dataclass_fields__}
    return Sighting(**{**values, "priority": Priority(row["priority"])})
