# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates that an area means at this moment: those that stand in it, or those that its name has, as far as they may be
searched. What is meant is recorded with the search, so that it stays the same."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from anpr.console.field_faults import FieldFault
from anpr.console.pages.search.form import SearchFields
from anpr.console.state import Console
from anpr.domain.errors import InputError
from anpr.domain.gate import Gate
from anpr.domain.map_area import AreaShape, MapArea, MapAreaError, read_area
from anpr.store.database.connection import Connection
from anpr.store.gate_areas import GateArea, get_area, list_areas
from anpr.store.gates import list_gates
from anpr.store.organisations.rights import searchable_gates


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaChoice:
    """The area, the ids of its gates in the order of their names, and what is wrong with it."""

    area: MapArea | None = None
    gates: tuple[str, ...] = ()
    fault: FieldFault | None = None


def choose_gates(console: Console, fields: SearchFields) -> AreaChoice | None:
    """What the area of the form means; None for a form without one. Raises StoreError."""
    text = fields.area.strip() or (f"named {fields.named_area.strip()}" if fields.named_area.strip() else "")
    if not text:
        return None
    try:
        area = read_area(text)
        with console.database.transaction() as conn:
            return _chosen(conn, area)
    except MapAreaError as exc:
        return AreaChoice(fault=FieldFault(key=f"search.area_{exc.fault.value}"))


def named_areas(conn: Connection, may: Collection[str]) -> list[GateArea]:
    """Those of the visitor's organisation with the gates that `may` be searched, by name. Raises StoreError."""
    areas = (
        GateArea(id=each.id, name=each.name, gates=tuple(gate for gate in each.gates if gate in may))
        for each in list_areas(conn).values()
    )
    return [each for each in areas if each.gates]


def open_gates(conn: Connection) -> list[Gate]:
    """The gates that may be searched, by name. Raises StoreError."""
    may = searchable_gates(conn)
    return [gate for gate in list_gates(conn) if gate.id in may]


def _chosen(conn: Connection, area: MapArea) -> AreaChoice:
    if area.shape is AreaShape.NAMED:
        try:
            named = get_area(conn, area.number)
        except InputError:
            return AreaChoice(fault=FieldFault(key="search.area_gone"))
        area = MapArea(shape=AreaShape.NAMED, number=named.id, name=named.name)
        gates = [gate.id for gate in open_gates(conn) if gate.id in named.gates]
    else:
        gates = _inside(area, open_gates(conn))
    if not gates:
        return AreaChoice(fault=FieldFault(key="search.area_empty"))
    return AreaChoice(area=area, gates=tuple(gates))


def _inside(area: MapArea, gates: Sequence[Gate]) -> list[str]:
    return [
        gate.id
        for gate in gates
        if gate.latitude is not None and gate.longitude is not None and area.contains(gate.latitude, gate.longitude)
    ]
