# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds: what they keep (view `retained_transits`), and how they begin, change and end. Each step is in the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.hold import Hold
from anpr.domain.transit import Transit
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("holds")


def add_hold(conn: Connection, hold: Hold, told: Mapping[str, Any] = MappingProxyType({})) -> int:
    """Its number. What it names is kept from now on. `told`: what its row in the audit tells beside."""
    values = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
    number: int = one_row(conn, _SQL["add"], values)["id"]
    detail = {"hold": number, "since": hold.since.isoformat(), "until": hold.until.isoformat()}
    detail |= _of_whom(hold) | {"ends_on": hold.ends_on.isoformat(), **told}
    _note(conn, AuditAction.HOLD_MADE, hold, Author(name=hold.author, at=hold.made_at), hold.reason, detail)
    return number


def hold_all(conn: Connection, transits: Sequence[Transit], hold: Hold) -> int:
    """One hold of these transits, of which there is one at least; its number. `since` and `until` of `hold` are theirs.
    Their ids are in the audit."""
    moments = [each.captured_at for each in transits]
    until = max(moments) + timedelta(microseconds=1)
    listed = replace(hold, is_listed=True, since=min(moments), until=until)
    number = add_hold(conn, listed, {"transits": [str(each.id) for each in transits]})
    conn.execute(_SQL["add_transits"], {"id": number, "moments": moments, "ids": [each.id for each in transits]})
    return number


def get_hold(conn: Connection, number: int) -> Hold:
    """Raises InputError when there is none."""
    return _hold(conn, "get", number)


def list_holds(conn: Connection, *, ended: bool = False) -> list[Hold]:
    """Those that hold, or also those that ended, by number."""
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"ended": ended})]


def change_end(conn: Connection, number: int, ends_on: date, by: Author, reason: str) -> None:
    """Another last day. Raises InputError when there is no such hold, or it has ended."""
    hold = _standing(conn, number)
    conn.execute(_SQL["change_end"], {"id": number, "ends_on": ends_on})
    detail = {"hold": number, "before": hold.ends_on.isoformat(), "ends_on": ends_on.isoformat()}
    _note(conn, AuditAction.HOLD_CHANGED, hold, by, reason, detail)


def end_hold(conn: Connection, number: int, by: Author, reason: str) -> None:
    """It keeps nothing any more; the next run of retention takes what is past its day. Raises InputError as above."""
    hold = _standing(conn, number)
    conn.execute(_SQL["end"], {"id": number, "by": by.name, "at": by.at})
    _note(conn, AuditAction.HOLD_ENDED, hold, by, reason, {"hold": number})


def end_due_holds(conn: Connection, today: date, by: Author) -> int:
    """End those whose last day (UTC) is over; returns how many."""
    due = [_from_row(row) for row in conn.execute(_SQL["due"], {"today": today})]
    for hold in due:
        end_hold(conn, hold.id, by, f"its last day was {hold.ends_on.isoformat()}")
    return len(due)


def freed_days(conn: Connection, since: datetime) -> set[date]:
    """UTC days of transits that a hold kept which ended after this moment: that they go now is nothing odd."""
    return {row["day"] for row in conn.execute(_SQL["freed_days"], {"since": since})}


def count_held(conn: Connection, number: int) -> int:
    """Transits that are stored and that this hold keeps."""
    return count_of(conn, _SQL["count"], {"id": number})


def count_held_by_each(conn: Connection) -> dict[int, int]:
    """The same of every hold that has not ended and keeps something, by its number; one statement."""
    return {row["hold_id"]: row["count"] for row in conn.execute(_SQL["count_each"])}


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


def _note(conn: Connection, action: AuditAction, hold: Hold, by: Author, reason: str, detail: dict[str, Any]) -> None:
    event = AuditEvent(
        actor=by.name,
        action=action,
        at=by.at,
        reason=reason,
        case_reference=hold.case_reference,
        detail=detail,
    )
    append(conn, event)
