# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds: what they keep (view `retained_transits`), and how they begin, change and end. Each step is in the audit."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.hold import Hold
from anpr.domain.transit import Transit
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("holds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Who changes or ends a hold, when (UTC) and why."""

    by: str
    at: datetime
    reason: str


def add_hold(conn: Connection, hold: Hold) -> int:
    """Its number. What it names is kept from now on."""
    values = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
    number: int = one_row(conn, _SQL["add"], values)["id"]
    detail = {"hold": number, "since": hold.since.isoformat(), "until": hold.until.isoformat()}
    detail |= _of_whom(hold) | {"ends_on": hold.ends_on.isoformat()}
    step = Step(by=hold.author, at=hold.made_at, reason=hold.reason)
    _note(conn, AuditAction.HOLD_MADE, hold, step, detail)
    return number


def get_hold(conn: Connection, number: int) -> Hold:
    """Raises InputError when there is none."""
    return _hold(conn, "get", number)


def list_holds(conn: Connection, *, ended: bool = False) -> list[Hold]:
    """Those that hold, or also those that ended, by number."""
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"ended": ended})]


def change_end(conn: Connection, number: int, ends_on: date, step: Step) -> None:
    """Another last day. Raises InputError when there is no such hold, or it has ended."""
    hold = _standing(conn, number)
    conn.execute(_SQL["change_end"], {"id": number, "ends_on": ends_on})
    detail = {"hold": number, "before": hold.ends_on.isoformat(), "ends_on": ends_on.isoformat()}
    _note(conn, AuditAction.HOLD_CHANGED, hold, step, detail)


def end_hold(conn: Connection, number: int, step: Step) -> None:
    """It keeps nothing any more; the next run of retention takes what is past its day. Raises InputError as above."""
    hold = _standing(conn, number)
    conn.execute(_SQL["end"], {"id": number, "by": step.by, "at": step.at})
    _note(conn, AuditAction.HOLD_ENDED, hold, step, {"hold": number})


def end_due_holds(conn: Connection, today: date, by: str, at: datetime) -> int:
    """End those whose last day (UTC) is over; returns how many."""
    due = [_from_row(row) for row in conn.execute(_SQL["due"], {"today": today})]
    for hold in due:
        end_hold(conn, hold.id, Step(by=by, at=at, reason=f"its last day was {hold.ends_on.isoformat()}"))
    return len(due)


def freed_days(conn: Connection, since: datetime) -> set[date]:
    """UTC days of transits that a hold kept which ended after this moment: that they go now is nothing odd."""
    return {row["day"] for row in conn.execute(_SQL["freed_days"], {"since": since})}


def count_held(conn: Connection, number: int) -> int:
    """Transits that are stored and that this hold keeps."""
    return count_of(conn, _SQL["count"], {"id": number})


def holds_of(conn: Connection, transit: Transit) -> list[Hold]:
    """Those that keep this transit now."""
    values = {"id": transit.id, "captured_at": transit.captured_at}
    return [_from_row(row) for row in conn.execute(_SQL["of_transit"], values)]


def forget_holds(conn: Connection, before: datetime) -> int:
    """Retention: forget those that ended before this; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _hold(conn: Connection, query: str, number: int) -> Hold:
    row = conn.execute(_SQL[query], {"id": number}).fetchone()
    if row is None:
        raise InputError(f"hold {number}: there is none")
    return _from_row(row)


def _from_row(row: dict[str, Any]) -> Hold:
    return Hold(**{name: row[name] for name in Hold.__dataclass_fields__})


def _standing(conn: Connection, number: int) -> Hold:
    """Locked, so that of two who end it one is told that it has ended."""
    hold = _hold(conn, "lock", number)
    if hold.ended_at is not None:
        raise InputError(f"hold {number}: it has ended")
    return hold


def _of_whom(hold: Hold) -> dict[str, Any]:
    named = {"plate": hold.plate, "gate": hold.gate_id, "transit": hold.transit_id and str(hold.transit_id)}
    return {name: value for name, value in named.items() if value}


def _note(conn: Connection, action: AuditAction, hold: Hold, step: Step, detail: dict[str, Any]) -> None:
    event = AuditEvent(
        actor=step.by,
        action=action,
        at=step.at,
        reason=step.reason,
        case_reference=hold.case_reference,
        detail=detail,
    )
    append(conn, event)
