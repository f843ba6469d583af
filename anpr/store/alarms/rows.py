# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms in the database: raised once per transit and entry; the first user to acknowledge or close one has it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.domain.errors import InputError
from anpr.domain.watchlist import Priority
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.matching import Hit

ALARM_CHANNEL = "anpr_alarm"
RETRO_CHANNEL = "anpr_alarm_retro"
"""NOTIFY channel of alarms from the past, apart from live ones: an import may raise hundreds at once."""
_SQL = load_queries("alarms")


def raise_alarms(conn: Connection, hits: Sequence[Hit], raised_at: datetime, *, retro: bool = False) -> list[Alarm]:
    """Store alarms for those hits that have none yet; returns the new ones and notifies each one's id on `anpr_alarm`,
    or on `anpr_alarm_retro` when they were found in the past.

    Ids become visible in their order (one raiser at a time, until its transaction ends), so that "all alarms after
    id N" never misses one. So call it last in a transaction.
    """
    if not hits:
        return []
    conn.execute(_SQL["lock"])
    rows = [_to_row(hit) for hit in hits]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    raised = conn.execute(_SQL["raise"], {**columns, "raised_at": raised_at, "retro": retro}).fetchall()
    raised.sort(key=lambda row: row["id"])
    channel = RETRO_CHANNEL if retro else ALARM_CHANNEL
    conn.execute(_SQL["notify"], {"channel": channel, "payloads": [str(row["id"]) for row in raised]})
    return [from_row(row) for row in raised]


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


def alarms_of_transits(conn: Connection, transit_ids: Sequence[object]) -> list[Alarm]:
    """All alarms of these transits, oldest first."""
    return [from_row(row) for row in conn.execute(_SQL["of_transits"], {"ids": list(transit_ids)})]


def acknowledge(conn: Connection, alarm_id: int, by: str, at: datetime) -> Alarm:
    """The user takes charge of the alarm. To acknowledge one's own again changes nothing.

    Raises InputError when there is no such alarm, it is closed, or somebody else (named) was first.
    """
    row = conn.execute(_SQL["acknowledge"], {"id": alarm_id, "by": by, "at": at}).fetchone()
    if row:
        return _announce(conn, row)
    alarm = _existing(conn, alarm_id)
    if alarm.state is AlarmState.ACKNOWLEDGED and alarm.acknowledged_by == by:
        return alarm
    raise InputError(_refusal(alarm))


def close_alarm(
    conn: Connection, alarm_id: int, by: str, at: datetime, outcome: AlarmOutcome, note: str | None = None
) -> Alarm:
    """Record the outcome; a raised alarm is acknowledged by this too.

    Raises InputError when there is no such alarm or it is closed already (naming by whom).
    """
    values = {"id": alarm_id, "by": by, "at": at, "outcome": str(outcome), "note": note}
    row = conn.execute(_SQL["close"], values).fetchone()
    if row:
        return _announce(conn, row)
    raise InputError(_refusal(_existing(conn, alarm_id)))


def delete_alarms(conn: Connection, before: datetime) -> int:
    """Retention: delete closed alarms of transits captured before this (UTC); returns how many. Open ones
    stay, and those whose transit is held for a case."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def close_left_alarms(conn: Connection, before: datetime, by: str, at: datetime, note: str) -> list[int]:
    """Retention: close open alarms of transits captured before this (UTC) with the outcome `other`; gives their ids."""
    values = {"before": before, "by": by, "at": at, "note": note}
    return sorted(row["id"] for row in conn.execute(_SQL["close_left"], values))


def count_left_alarms(conn: Connection, before: datetime) -> int:
    """How many alarms of transits captured before this (UTC) nobody has closed."""
    return count_of(conn, _SQL["count_left"], {"before": before})


def _announce(conn: Connection, row: dict[str, Any]) -> Alarm:
    channel = RETRO_CHANNEL if row["retro"] else ALARM_CHANNEL
    conn.execute(_SQL["notify"], {"channel": channel, "payloads": [str(row["id"])]})
    return from_row(row)


def _existing(conn: Connection, alarm_id: int) -> Alarm:
    alarm = get_alarm(conn, alarm_id)
    if alarm is None:
        raise InputError(f"alarm {alarm_id}: no such alarm")
    return alarm


def _refusal(alarm: Alarm) -> str:
    if alarm.state is AlarmState.CLOSED:
        return f"alarm {alarm.id}: already closed by {alarm.closed_by}"
    return f"alarm {alarm.id}: already acknowledged by {alarm.acknowledged_by}"


def _to_row(hit: Hit) -> dict[str, Any]:
    transit, match, watchlist = hit
    return {
        "transit_id": transit.id,
        "captured_at": transit.captured_at,
        "gate_id": transit.gate_id,
        "camera_id": transit.camera_id,
        "plate": transit.plate,
        "entry_id": match.entry.id,
        "entry_plate": match.entry.plate,
        "watchlist_id": watchlist.id,
        "reason": match.entry.reason,
        "priority": str(watchlist.priority),
        "probability": float(match.probability),  # the driver refuses a list of integers and floats
    }


def from_row(row: dict[str, Any]) -> Alarm:
    """The alarm in a row of the table."""
    values = {name: row[name] for name in Alarm.__dataclass_fields__}
    values["priority"] = Priority(row["priority"])
    values["state"] = AlarmState(row["state"])
    values["outcome"] = AlarmOutcome(row["outcome"]) if row["outcome"] else None
    return Alarm(**values)
