# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas: gates under a name. Rules of notifications and patrols name them, so that a gate is added in one place.

An area is never empty, and stays while something names it: no limit may become no limit at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anpr.domain.errors import InputError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

MOST = 100
"""Areas of one organisation at most."""
_SQL = load_queries("gate_areas")


class AreaTakenError(InputError):
    """Another area has the name, or there are too many."""


class AreaUsedError(InputError):
    """Rules or patrols name the area."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateArea:
    """Gates by id, in their order, under a name."""

    id: int
    name: str
    gates: tuple[str, ...]


def list_areas(conn: Connection) -> dict[int, GateArea]:
    """Those that this transaction sees, by id, in the order of their names."""
    return {row["id"]: _from_row(row) for row in conn.execute(_SQL["list"])}


def get_area(conn: Connection, number: int) -> GateArea:
    """Raises InputError when there is none."""
    row = conn.execute(_SQL["one"], {"id": number}).fetchone()
    if row is None:
        raise InputError(f"area {number}: there is none")
    return _from_row(row)


def add_area(conn: Connection, area: GateArea, by: Author) -> int:
    """Its id; it belongs to the organisation that acts. Raises AreaTakenError."""
    if count_of(conn, _SQL["count"]) >= MOST:
        raise AreaTakenError(f"areas: there are {MOST} already, which is the most")
    row = conn.execute(_SQL["add"], _values(area, by)).fetchone()
    if row is None:
        raise AreaTakenError(f"area {area.name}: there is one of this name")
    _note(conn, AuditAction.AREA_SAVED, int(row["id"]), area, by)
    return int(row["id"])


def change_area(conn: Connection, area: GateArea, by: Author) -> None:
    """Name and gates. Raises AreaTakenError, or InputError when it is gone."""
    before = get_area(conn, area.id)
    values = _values(area, by)
    if one_row(conn, _SQL["is_taken"], values)["is_taken"]:
        raise AreaTakenError(f"area {area.name}: there is one of this name")
    conn.execute(_SQL["change"], values)
    now, was = _named(area), _named(before)
    previous = {name: was[name] for name in now if was[name] != now[name]}
    _note(conn, AuditAction.AREA_SAVED, area.id, area, by, {"previous": previous})


def users_of_area(conn: Connection, number: int) -> list[str]:
    """Names of the rules and patrols that name it."""
    return [row["name"] for row in conn.execute(_SQL["users"], {"id": number})]


def delete_area(conn: Connection, number: int, by: Author) -> None:
    """Raises AreaUsedError while something names it, and InputError when there is none."""
    area = get_area(conn, number)
    if users := users_of_area(conn, number):
        raise AreaUsedError(f"area {area.name}: is named by {', '.join(users)}")
    conn.execute(_SQL["delete"], {"id": number})
    _note(conn, AuditAction.AREA_DELETED, number, area, by)


def _values(area: GateArea, by: Author) -> dict[str, Any]:
    return {"id": area.id, **_named(area), "at": by.at, "by": by.name}


def _named(area: GateArea) -> dict[str, Any]:
    return {"name": area.name, "gates": sorted(set(area.gates))}


def _note(
    conn: Connection,
    action: AuditAction,
    number: int,
    area: GateArea,
    by: Author,
    more: Mapping[str, Any] | None = None,
) -> None:
    detail = {"area": number, **_named(area), **(more or {})}
    append(conn, AuditEvent(actor=by.name, action=action, at=by.at, detail=detail))


def _from_row(row: Mapping[str, Any]) -> GateArea:
    return GateArea(id=row["id"], name=row["name"], gates=tuple(row["gates"]))
