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
from anpr.store.gate_areas import list_areas

POSITIONS_KEPT = timedelta(hours=1)
"""At the most, whatever the settings say: each run of retention takes away what the console has not."""
_SQL = load_queries("patrol")


@dataclass(frozen=True, kw_only=True, slots=True)
class PatrolPerson:
    """`gates` and `areas`: ids of what was chosen, `area_gates`: the gates of those areas. `shares`: whether they show
    their position."""

    gates: tuple[str, ...] = ()
    areas: frozenset[int] = frozenset()
    area_gates: tuple[str, ...] = ()
    shares: bool = False

    @property
    def area(self) -> tuple[str, ...]:
        """Ids of gates; empty: all that their organisation sees. Areas that are gone leave one that no gate has."""
        chosen = tuple(sorted({*self.gates, *self.area_gates}))
        return chosen or (("",) if self.areas else ())


def patrol_person(conn: Connection, user: str) -> PatrolPerson:
    """Of this user, whatever their role is."""
    row = conn.execute(_SQL["person"], {"user": user}).fetchone()
    if row is None:
        return PatrolPerson()
    return PatrolPerson(
        gates=tuple(row["gates"]),
        areas=frozenset(row["areas"]),
        area_gates=tuple(row["area_gates"]),
        shares=row["shares"],
    )


def set_area(conn: Connection, user: str, gates: Sequence[str], by: Author, areas: Sequence[int] = ()) -> None:
    """Another area: gates, and areas with a name; the same is no change.

    Areas that this transaction does not see stay.
    """
    before, known = patrol_person(conn, user), list_areas(conn)
    now = PatrolPerson(gates=tuple(sorted(set(gates))), areas=frozenset(areas) | (before.areas - set(known)))
    if (before.gates, before.areas) == (now.gates, now.areas):
        return
    conn.execute(_SQL["set_area"], {"user": user, "gates": list(now.gates), "areas": sorted(now.areas)})

    def named(person: PatrolPerson) -> list[str]:
        return [*person.gates, *(known[each].name for each in sorted(person.areas) if each in known)]

    detail = {"user": user, "changed": "area", "before": named(before), "after": named(now)}
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
