# SPDX-License-Identifier: AGPL-3.0-or-later
"""Life cycle of alarms: the first user to take one has it, and whoever comes second is told who was first.

Every function changes one alarm, logs it, and raises InputError when there is no such alarm or it is not as it must be.
"""

from datetime import datetime

from anpr.domain.alarm import REOPEN_WITHIN, Alarm, AlarmEventKind, AlarmOutcome
from anpr.domain.errors import InputError
from anpr.store.alarms.changing import change, existing, lock_alarms, refusal
from anpr.store.alarms.rows import from_row
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarms")


def acknowledge(conn: Connection, alarm_id: int, by: str, at: datetime) -> Alarm:
    """The user takes charge of the alarm. To acknowledge one's own again changes nothing.

    Raises InputError when it is closed, or somebody else (named) was first.
    """
    values = {"id": alarm_id, "by": by, "at": at}
    alarm = change(conn, "acknowledge", values, AlarmEventKind.ACKNOWLEDGED)
    if alarm is not None:
        return alarm
    alarm = existing(conn, alarm_id)
    if alarm.is_held and alarm.acknowledged_by == by:
        return alarm
    raise refusal(alarm, by)


def start(conn: Connection, alarm_id: int, by: str, at: datetime) -> Alarm:
    """The user acts on the alarm, which they have, or nobody has: then it is theirs."""
    return _changed(conn, alarm_id, by, change(conn, "start", _values(alarm_id, by, at), AlarmEventKind.STARTED))


def arrive(conn: Connection, alarm_id: int, by: str, at: datetime, word: str | None = None) -> Alarm:
    """A patrol acts on the alarm, which stays with whoever has it; it is the patrol's where nobody has. Several may."""
    return _changed(
        conn, alarm_id, by, change(conn, "arrive", _values(alarm_id, by, at), AlarmEventKind.ON_SCENE, word)
    )


def dispatch(conn: Connection, alarm_id: int, by: str, at: datetime, to: str) -> Alarm:
    """Send it to a patrol, which sees it from now on whatever its area is. Who has it keeps it; one that nobody has is
    taken by whoever sends. That `to` is a patrol is the caller's to know."""
    values = _values(alarm_id, by, at)
    if existing(conn, alarm_id).acknowledged_by is None:
        change(conn, "acknowledge", values, AlarmEventKind.ACKNOWLEDGED)
    return _changed(conn, alarm_id, by, change(conn, "touch", values, AlarmEventKind.DISPATCHED, to))


def release(conn: Connection, alarm_id: int, by: str, at: datetime) -> Alarm:
    """Who has it hands it back: it waits for anybody, as when it was raised."""
    return _changed(conn, alarm_id, by, change(conn, "release", _values(alarm_id, by, at), AlarmEventKind.RELEASED))


def take_over(conn: Connection, alarm_id: int, by: str, at: datetime, holder: str, word: str) -> Alarm:
    """Take it from `holder`, who has it as far as the user knows, with a word why."""
    _demand_word(alarm_id, word)
    values = {**_values(alarm_id, by, at), "from": holder, "to": by}
    detail = {"from": holder}
    return _changed(conn, alarm_id, by, change(conn, "give", values, AlarmEventKind.TAKEN_OVER, word, detail))


def hand_over(conn: Connection, alarm_id: int, by: str, at: datetime, to: str, word: str | None = None) -> Alarm:
    """Who has it gives it to somebody; that they may handle it is the caller's to know."""
    values = {**_values(alarm_id, by, at), "from": by, "to": to}
    detail = {"to": to}
    return _changed(conn, alarm_id, by, change(conn, "give", values, AlarmEventKind.HANDED_OVER, word, detail))


def note(conn: Connection, alarm_id: int, by: str, at: datetime, text: str) -> Alarm:
    """Write something down about an alarm that is not closed, whoever has it."""
    _demand_word(alarm_id, text)
    return _changed(conn, alarm_id, by, change(conn, "touch", _values(alarm_id, by, at), AlarmEventKind.NOTED, text))


def close_alarm(
    conn: Connection, alarm_id: int, by: str, at: datetime, outcome: AlarmOutcome, note: str | None = None
) -> Alarm:
    """Record the outcome; a raised alarm is acknowledged by this too.

    Raises InputError when it is closed already (naming by whom).
    """
    values = {**_values(alarm_id, by, at), "outcome": str(outcome), "note": note}
    detail = {"outcome": str(outcome)}
    return _changed(conn, alarm_id, by, change(conn, "close", values, AlarmEventKind.CLOSED, note, detail))


def reopen(conn: Connection, alarm_id: int, by: str, at: datetime, word: str | None = None) -> Alarm:
    """Open one again that was closed by a slip, within REOPEN_WITHIN; whoever does it has it.

    Raises InputError when it is too late, or the vehicle has another alarm meanwhile (named where they may see it).
    """
    lock_alarms(conn)
    before = existing(conn, alarm_id)
    same = {"vehicle": before.vehicle, "organisation": before.organisation_id, "retro": before.retro}
    other = conn.execute(_SQL["open_of_vehicle"], same).fetchone()
    if other is not None and other["id"] != alarm_id:
        raise InputError(f"alarm {alarm_id}: the vehicle has alarm {from_row(other).id} meanwhile")
    if one_row(conn, _SQL["open_anew"], {"id": alarm_id})["other"]:
        raise InputError(f"alarm {alarm_id}: the vehicle has another alarm meanwhile, at a gate or of a list of others")
    values = {**_values(alarm_id, by, at), "since": at - REOPEN_WITHIN}
    alarm = change(conn, "reopen", values, AlarmEventKind.REOPENED, word, {"was": str(before.outcome)})
    if alarm is None:
        raise InputError(f"alarm {alarm_id}: it is not closed, or was closed longer than {REOPEN_WITHIN} ago")
    return alarm


def _values(alarm_id: int, by: str, at: datetime) -> dict[str, object]:
    return {"id": alarm_id, "by": by, "at": at}


def _changed(conn: Connection, alarm_id: int, by: str, alarm: Alarm | None) -> Alarm:
    if alarm is None:
        raise refusal(existing(conn, alarm_id), by)
    return alarm


def _demand_word(alarm_id: int, text: str) -> None:
    if not text.strip():
        raise InputError(f"alarm {alarm_id}: a word is needed")
