# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way of a vehicle: its transits in the order of their times, each at its gate's place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anpr.domain.gate import Gate
from anpr.domain.transit import Transit


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """One transit on the way, numbered from 1; no coordinates where those of its gate are unknown."""

    number: int
    transit_id: UUID
    at: datetime
    gate_id: str
    gate_name: str
    latitude: float | None
    longitude: float | None
    is_here: bool = False
    """Whether it is the transit that the page is about."""

    @property
    def has_place(self) -> bool:
        """Whether it can be drawn."""
        return self.latitude is not None and self.longitude is not None


def way_of(transits: Iterable[Transit], gates: Mapping[str, Gate], here: UUID | None = None) -> list[Stop]:
    """The stops, oldest first. `gates` by id; a transit of a gate that is not among them keeps the id for a name."""
    stops = []
    ordered = sorted(transits, key=lambda transit: (transit.captured_at, transit.id))
    for number, transit in enumerate(ordered, start=1):
        gate = gates.get(transit.gate_id)
        stops.append(
            Stop(
                number=number,
                transit_id=transit.id,
                at=transit.captured_at,
                gate_id=transit.gate_id,
                gate_name=gate.name if gate else transit.gate_id,
                latitude=gate.latitude if gate else None,
                longitude=gate.longitude if gate else None,
                is_here=transit.id == here,
            )
        )
    return stops
