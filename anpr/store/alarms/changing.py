# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serialised changes of alarms: one changer at a time, each change numbered, logged and notified in its transaction."""

from collections.abc import Iterable, Mapping

from psycopg.types.json import Jsonb

from anpr.domain.alarm import Alarm, AlarmEventKind
from anpr.domain.errors import InputError
from anpr.store.alarms.rows import ALARM_CHANNEL, RETRO_CHANNEL, from_row, get_alarm
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarms")


def lock_alarms(conn: Connection) -> None:
    """Wait for whoever changes alarms now, and make others wait until this transaction ends."""
    conn.execute(_SQL["lock"])


def notify(conn: Connection, ids: Iterable[int], *, retro: bool) -> None:
    """Tell that these alarms have changed, when the transaction is committed."""
    channel = RETRO_CHANNEL if retro else ALARM_CHANNEL
    conn.execute(_SQL["notify"], {"channel": channel, "payloads": [str(number) for number in ids]})


def change(
    conn: Connection,
    query: str,
    values: Mapping[str, object],
    kind: AlarmEventKind,
    text: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> Alarm | None:
    """Change the alarm `values["id"]` by a query of alarms.sql, log it (`by` at `at`) and tell of it; None when the
    query changed nothing, since the alarm is not as it must be."""
    lock_alarms(conn)
    row = conn.execute(_SQL[query], values).fetchone()
    if row is None:
        return None
    alarm = from_row(row)
    log_event(conn, alarm.id, values["at"], values["by"], kind, text, detail)
    notify(conn, [alarm.id], retro=alarm.retro)
    return alarm


def log_event(  # noqa: PLR0913, PLR0917  one parameter for each column
    conn: Connection,
    alarm_id: int,
    at: object,
    by: object,
    kind: AlarmEventKind,
    text: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append to the alarm's log."""
    told = {
        "alarm": alarm_id,
        "at": at,
        "author": by,
        "kind": str(kind),
        "text": text,
        "detail": Jsonb(dict(detail or {})),
    }
    conn.execute(_SQL["log"], told)


def existing(conn: Connection, alarm_id: int) -> Alarm:
    """The alarm. Raises InputError when there is none."""
    alarm = get_alarm(conn, alarm_id)
    if alarm is None:
        raise InputError(f"alarm {alarm_id}: no such alarm")
    return alarm


def refusal(alarm: Alarm, by: str) -> InputError:
    """Why somebody cannot do what they wanted with the alarm as it is: who was first."""
    if alarm.closed_by is not None:
        return InputError(f"alarm {alarm.id}: already closed by {alarm.closed_by}")
    if alarm.is_held and alarm.acknowledged_by != by:
        return InputError(f"alarm {alarm.id}: already acknowledged by {alarm.acknowledged_by}")
    return InputError(f"alarm {alarm.id}: it is {alarm.state}")
