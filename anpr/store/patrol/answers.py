# SPDX-License-Identifier: AGPL-3.0-or-later
"""Idempotent receiver of patrols' answers: the phone gives each a key, and one that comes again is not done again.

Key, deed and audit are one transaction. A second request with the same key waits for the first one's end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from anpr.domain.alarm import Alarm, AlarmEventKind, AlarmOutcome
from anpr.domain.errors import InputError
from anpr.domain.patrol import AnswerResult, PatrolAction
from anpr.store.alarms.changing import lock_alarms, log_event
from anpr.store.alarms.handling import arrive, close_alarm, note
from anpr.store.alarms.rows import get_alarm
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

WAITED = timedelta(minutes=1)
"""An answer that waited on the phone for longer is audited with the moment in which it was given."""
ANSWERS_KEPT = timedelta(days=7)
"""So long the key of an answer is known. A phone gives up, and says so, what it could not send for longer."""
_SQL = load_queries("patrol")
_AUDITED = {
    PatrolAction.ON_SCENE: AuditAction.PATROL_ON_SCENE,
    PatrolAction.STOPPED: AuditAction.ALARM_CLOSED,
    PatrolAction.NOT_FOUND: AuditAction.ALARM_CLOSED,
    PatrolAction.NOTE: AuditAction.ALARM_NOTED,
}
_OUTCOMES = {PatrolAction.STOPPED: AlarmOutcome.STOPPED, PatrolAction.NOT_FOUND: AlarmOutcome.NOT_FOUND}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a patrol sends. `made_at`: when it was pressed, by the phone's clock (UTC); `seen`: the newest sighting that
    the phone showed then (0: not told)."""

    key: UUID
    user: str
    alarm_id: int
    action: PatrolAction
    text: str
    made_at: datetime
    seen: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What came of it; `by_whom` closed the alarm before. `is_repeat`: it came before, and nothing was done now."""

    result: AnswerResult
    by_whom: str | None = None
    is_repeat: bool = False


def take_answer(conn: Connection, answer: Answer, at: datetime, *, may_answer: bool) -> Answered:
    """Do what the answer says, once for its key. `may_answer`: whether the alarm is one of this patrol's.

    Raises InputError where the key was another answer's, or a note has no words.
    """
    values = {"key": answer.key, "user": answer.user, "alarm": answer.alarm_id, "action": str(answer.action)}
    if conn.execute(_SQL["begin_answer"], {**values, "made_at": answer.made_at, "at": at}).fetchone() is None:
        return _earlier(conn, answer)
    answered = _do(conn, answer, at) if may_answer else Answered(result=AnswerResult.GONE)
    told = {"key": answer.key, "result": str(answered.result), "by_whom": answered.by_whom}
    conn.execute(_SQL["end_answer"], told)
    return answered


def forget_answers(conn: Connection, before: datetime) -> int:
    """Keys of answers that came before this (UTC); returns how many."""
    return conn.execute(_SQL["forget_answers"], {"before": before}).rowcount


def _earlier(conn: Connection, answer: Answer) -> Answered:
    row = conn.execute(_SQL["answer"], {"key": answer.key}).fetchone()
    is_same = row is not None and (row["user_name"], row["alarm_id"], row["action"]) == (
        answer.user, answer.alarm_id, str(answer.action)
    )  # fmt: skip
    if row is None or not is_same:
        raise InputError(f"answer {answer.key}: the key is that of another answer")
    return Answered(result=AnswerResult(row["result"]), by_whom=row["by_whom"], is_repeat=True)


def _do(conn: Connection, answer: Answer, at: datetime) -> Answered:
    lock_alarms(conn)
    alarm = get_alarm(conn, answer.alarm_id)
    if alarm is None:
        return Answered(result=AnswerResult.GONE)
    if alarm.closed_by is not None:
        return _late(conn, alarm, answer, at)
    if answer.action in _OUTCOMES and answer.seen and _is_seen_again(conn, answer):
        _keep_words(conn, answer, at)
        return Answered(result=AnswerResult.SEEN_AGAIN)
    if answer.action is PatrolAction.NOTE:
        note(conn, alarm.id, answer.user, at, answer.text)
    elif answer.action is PatrolAction.ON_SCENE:
        arrive(conn, alarm.id, answer.user, at, answer.text or None)
    else:
        close_alarm(conn, alarm.id, answer.user, at, _OUTCOMES[answer.action], answer.text or None)
    _note(conn, answer, at)
    return Answered(result=AnswerResult.DONE)


def _late(conn: Connection, alarm: Alarm, answer: Answer, at: datetime) -> Answered:
    """Somebody has closed it: what was written is kept, and nothing else changes."""
    if alarm.closed_by == answer.user and alarm.outcome is _OUTCOMES.get(answer.action) and not answer.text:
        return Answered(result=AnswerResult.DONE)  # the same, by the same person, pressed twice
    _keep_words(conn, answer, at)
    return Answered(result=AnswerResult.CLOSED, by_whom=alarm.closed_by)


def _is_seen_again(conn: Connection, answer: Answer) -> bool:
    """An answer may wait for the link for an hour: what it says is about the sightings that there were."""
    return bool(one_row(conn, _SQL["is_seen_after"], {"alarm": answer.alarm_id, "seen": answer.seen})["is_seen"])


def _keep_words(conn: Connection, answer: Answer, at: datetime) -> None:
    if answer.text:
        log_event(conn, answer.alarm_id, at, answer.user, AlarmEventKind.NOTED, answer.text)
        detail = {"alarm": answer.alarm_id}
        append(conn, AuditEvent(actor=answer.user, action=AuditAction.ALARM_NOTED, at=at, detail=detail))


def _note(conn: Connection, answer: Answer, at: datetime) -> None:
    detail: dict[str, object] = {"alarm": answer.alarm_id}
    if answer.action in _OUTCOMES:
        detail["outcome"] = _OUTCOMES[answer.action].value
    if at - answer.made_at > WAITED:
        detail["pressed_at"] = answer.made_at.isoformat(timespec="seconds")
    append(conn, AuditEvent(actor=answer.user, action=_AUDITED[answer.action], at=at, detail=detail))
