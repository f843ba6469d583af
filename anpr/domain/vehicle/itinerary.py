# SPDX-License-Identifier: AGPL-3.0-or-later
"""Itinerary: the fixes of a vehicle in their order, with distance, time and speed between one gate and the next.

The speeds are no measurement: the distance is that of the great circle, the times are those of two cameras' clocks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from anpr.domain.vehicle.gate_fix import GateFix, distance_m

JOURNEY_GAP = timedelta(minutes=45)
"""A vehicle that no gate saw for longer has begun another journey: towns are crossed sooner, visits take longer."""
_LEAST_S = 1.0
"""Two reads within a second of each other tell no speed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leg:
    """From one fix to the next."""

    start: GateFix
    end: GateFix
    seconds: float
    distance_m: float | None
    """Of the great circle; None where a place is unknown."""
    kmh: float | None
    """Mean speed at the least; None at one gate, without places, and within a second."""


def legs_of(fixes: Iterable[GateFix]) -> list[Leg]:
    """The legs between these fixes, oldest first."""
    return [_leg(start, end) for start, end in pairwise(in_order(fixes))]


def journeys_of(fixes: Iterable[GateFix], gap: timedelta = JOURNEY_GAP) -> list[list[GateFix]]:
    """The fixes by journey, oldest first: a pause longer than `gap` between two of them divides."""
    journeys: list[list[GateFix]] = []
    for fix in in_order(fixes):
        if not journeys or fix.at - journeys[-1][-1].at > gap:
            journeys.append([])
        journeys[-1].append(fix)
    return journeys


def in_order(fixes: Iterable[GateFix]) -> list[GateFix]:
    """Oldest first; those of one moment by their id."""
    return sorted(fixes, key=lambda fix: (fix.at, fix.transit_id))


def _leg(start: GateFix, end: GateFix) -> Leg:
    seconds = (end.at - start.at).total_seconds()
    metres = distance_m(start, end)
    kmh = metres / seconds * 3.6 if metres and seconds >= _LEAST_S else None
    return Leg(start=start, end=end, seconds=seconds, distance_m=metres, kmh=kmh)
