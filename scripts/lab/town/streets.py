# SPDX-License-Identifier: AGPL-3.0-or-later
"""Streets of the drawn town: fourteen gates on two rings and four roads out, and the shortest way between any two."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from math import cos, pi, radians, sin
from types import MappingProxyType

from anpr.domain.gate import Camera, Gate
from anpr.domain.vehicle.gate_fix import great_circle_m

CENTRE = (43.88, 11.10)
"""Latitude and longitude in degrees. Nothing that stands there is meant."""
_KM = 1 / 111.2
"""Degrees of latitude."""
_INNER, _OUTER, _FAR = 1.8, 5.0, 14.0
"""Radii in km."""
DETOUR = 1.3
"""How much longer the street is than the straight line."""


def _place(radius_km: float, turn: float) -> tuple[float, float]:
    angle = 2 * pi * turn
    lat = CENTRE[0] + radius_km * _KM * cos(angle)
    return lat, CENTRE[1] + radius_km * _KM * sin(angle) / cos(radians(CENTRE[0]))


PLACES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        **{f"inner-{n + 1}": _place(_INNER, n / 4) for n in range(4)},
        **{f"ring-{n + 1}": _place(_OUTER, n / 6) for n in range(6)},
        **{f"road-{n + 1}": _place(_FAR, n / 4 + 0.02) for n in range(4)},
    }
)
"""Fourteen gates by id."""
GATE_IDS: Sequence[str] = tuple(PLACES)
_NEIGHBOURS = 4
"""Streets lead from each gate to so many of the nearest."""


def gates() -> list[Gate]:
    """The gates as the store has them, one camera each."""
    return [
        Gate(
            id=gate_id,
            name=f"Varco {gate_id}",
            purpose="prova",
            legal_basis="prova",
            latitude=place[0],
            longitude=place[1],
            cameras=(Camera(id=f"{gate_id}-camera", url="rtsp://camera.invalid/"),),
        )
        for gate_id, place in PLACES.items()
    ]


def street_m(start: str, end: str) -> float:
    """Metres of street between two neighbours."""
    return great_circle_m(PLACES[start], PLACES[end]) * DETOUR


@cache
def way(start: str, end: str) -> tuple[str, ...]:
    """The gates of the shortest way, both ends included (Dijkstra)."""
    heap: list[tuple[float, tuple[str, ...]]] = [(0.0, (start,))]
    done: set[str] = set()
    while heap:
        metres, path = heappop(heap)
        here = path[-1]
        if here == end:
            return path
        if here not in done:
            done.add(here)
            for there in _streets()[here]:
                heappush(heap, (metres + street_m(here, there), (*path, there)))
    raise ValueError(f"no way from {start} to {end}")


def seconds_on(path: Sequence[str], kmh: float) -> list[float]:
    """Seconds after the first gate at which each gate of the path is reached at this mean speed."""
    reached = [0.0]
    for start, end in pairwise(path):
        reached.append(reached[-1] + street_m(start, end) / (kmh / 3.6))
    return reached


@lru_cache(maxsize=1)
def _streets() -> Mapping[str, frozenset[str]]:
    streets: dict[str, set[str]] = {gate_id: set() for gate_id in GATE_IDS}
    for here in GATE_IDS:
        near = sorted((street_m(here, each), each) for each in GATE_IDS if each != here)
        for _, there in near[:_NEIGHBOURS]:
            streets[here].add(there)
            streets[there].add(here)
    return {gate_id: frozenset(ends) for gate_id, ends in streets.items()}
