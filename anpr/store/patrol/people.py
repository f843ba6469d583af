# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patrols as people: the area an administrator gave them, whether they show their position, and the last one.

Of a position there is one row a person, the last one; it goes when they switch it off, log out, or after minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.domain.patrol import OnDuty, Place
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

POSITIONS_KEPT = timedelta(hours=1)
"""At the most, whatever the settings say: each run of retention takes away what the console has not."""
_SQL = load_queries("patrol")


@dataclass(frozen=True, kw_only=True, slots=True)
class PatrolPerson:
    """`area`: ids of gates; empty: all that their organisation sees. `shares`: whether they show their position."""

    area: tuple[str, ...] = ()
    shares: bool = False


def patrol_person(conn: Connection, user: str) -> PatrolPerson:
    """Of this user, whatever their role is."""
    row = conn.execute(_SQL["person"], {"user": user}).fetchone()
    return PatrolPerson(area=tuple(row["gates"]), shares=row["shares"]) if row else PatrolPerson()


def set_area(conn: Connection, user: str, gates: Sequence[str], by: Author) -> None:
    """Another area; the same one is no change."""
    before, now = patrol_person(conn, user).area, sorted(set(gates))
    if list(before) == now:
        return
    conn.execute(_SQL["set_area"], {"user": user, "gates": now})
    detail = {"user": user, "changed": "area", "before": list(before), "after": now}
    append(conn, AuditEvent(actor=by.name, action=AuditAction.USER_CHANGED, at=by.at, detail=detail))


def set_sharing(conn: Connection, shares: bool, by: Author) -> None:
    """Whether the author shows their position; either way the last one is forgotten."""
    if patrol_person(conn, by.name).shares is shares:
        return
    conn.execute(_SQL["set_sharing"], {"user": by.name, "shares": shares})
    event = AuditEvent(actor=by.name, action=AuditAction.PATROL_POSITION, at=by.at, detail={"shares": shares})
    append(conn, event)


def locate(conn: Connection, user: str, place: Place, accuracy_m: float, at: datetime) -> bool:
    """Their position in place of the last one; False, and nothing is kept, where they do not show it."""
    values = {"latitude": place.latitude, "longitude": place.longitude, "accuracy_m": accuracy_m}
    return conn.execute(_SQL["locate"], {"user": user, "at": at, **values}).rowcount > 0


def forget_position(conn: Connection, user: str) -> None:
    """They log out."""
    conn.execute(_SQL["forget_position"], {"user": user})


def forget_positions(conn: Connection, before: datetime) -> int:
    """Positions older than this (UTC); returns how many."""
    return conn.execute(_SQL["forget_positions"], {"before": before}).rowcount


def on_duty(
    conn: Connection, organisation: str, now: datetime, *, located_since: datetime, started_after: datetime
) -> list[OnDuty]:
    """The organisation's patrols that are logged in, by name; a position older than `located_since` is none."""
    values = {"organisation": organisation, "day": now.date(), "since": located_since, "started_after": started_after}
    return [
        OnDuty(
            name=row["name"],
            place=Place(latitude=row["latitude"], longitude=row["longitude"]) if row["located_at"] else None,
            accuracy_m=row["accuracy_m"],
            located_at=row["located_at"],
        )
        for row in conn.execute(_SQL["on_duty"], values)
    ]
