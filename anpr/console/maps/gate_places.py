# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates on a map: where each stands, whether it looks now, and how many alarms are open there."""

from dataclasses import dataclass

from anpr.domain.coverage import looks_now
from anpr.domain.coverage_strip import Look
from anpr.domain.gate import Gate
from anpr.store.alarms.by_gate import open_by_gate
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.health.intervals import open_intervals


@dataclass(frozen=True, kw_only=True, slots=True)
class GatePlace:
    """A gate; `latitude` and `longitude` in degrees (WGS 84), both None for one whose place nobody has entered."""

    id: str
    name: str
    latitude: float | None
    longitude: float | None
    now: Look | None = None
    """None: the map does not tell."""
    alarms: int | None = None
    """Open alarms of now; None for who may see none."""
    is_here: bool = False
    """Whether it is the gate that the page is about."""

    @property
    def has_place(self) -> bool:
        """Whether it can be drawn."""
        return self.latitude is not None and self.longitude is not None


def place_of(gate: Gate, *, now: Look | None = None, alarms: int | None = None, is_here: bool = False) -> GatePlace:
    """The gate on a map."""
    return GatePlace(
        id=gate.id,
        name=gate.name,
        latitude=gate.latitude,
        longitude=gate.longitude,
        now=now,
        alarms=alarms,
        is_here=is_here,
    )


def gate_places(conn: Connection, *, with_alarms: bool) -> list[GatePlace]:
    """All gates that this transaction may see, with their present state. Raises StoreError."""
    gates = list_gates(conn)
    looks = looks_now(gates, open_intervals(conn))
    alarms = open_by_gate(conn) if with_alarms else None
    return [
        place_of(gate, now=looks[gate.id], alarms=None if alarms is None else alarms.get(gate.id, 0)) for gate in gates
    ]
