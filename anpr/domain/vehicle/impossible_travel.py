# SPDX-License-Identifier: AGPL-3.0-or-later
"""Impossible travel: one plate at two places too far apart for the time between: a cloned plate, or a misread.

What speaks for the vehicle counts for it: the great circle is shorter than any road, each gate may lie nearer than it
is drawn, and both clocks may be wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from anpr.domain.vehicle.gate_fix import GateFix, distance_m
from anpr.domain.vehicle.itinerary import in_order

MOST_KMH = 200.0
"""No vehicle holds a higher mean over a straight line on Italian roads, where 130 km/h is the limit of motorways."""
CLOCK_TOLERANCE = timedelta(seconds=30)
"""By so much a reader's clock may be wrong, each of the two; a skew above it is a state of health of its own."""
PLACE_TOLERANCE_M = 250.0
"""By so much a gate may lie away from where it is drawn."""
SURE = 0.9
"""Both plates are read with this probability at least where a misread is no likely reason."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImpossibleTravel:
    """Two fixes of one plate, one after the other, that one vehicle cannot have made."""

    first: GateFix
    second: GateFix
    distance_m: float
    """Of the great circle."""
    seconds: float
    least_kmh: float
    """Mean speed that it would have taken at the least, all tolerances granted."""

    @property
    def probability(self) -> float:
        """That both plates are what was read, 0 to 1."""
        return self.first.confidence * self.second.confidence

    @property
    def may_be_misread(self) -> bool:
        """Whether one of the two was read with less than SURE: look at the images first."""
        return min(self.first.confidence, self.second.confidence) < SURE


def impossible_travels(
    fixes: Iterable[GateFix], most_kmh: float = MOST_KMH, clocks: timedelta = CLOCK_TOLERANCE
) -> list[ImpossibleTravel]:
    """Those between neighbouring fixes, oldest first; gates without a place are passed over."""
    placed = [fix for fix in in_order(fixes) if fix.latitude is not None and fix.longitude is not None]
    found = (_impossible(first, second, most_kmh, clocks) for first, second in pairwise(placed))
    return [each for each in found if each is not None]


def least_kmh(metres: float, seconds: float, clocks: timedelta = CLOCK_TOLERANCE) -> float:
    """The lowest mean speed in km/h that explains both fixes: 0 where the tolerances alone do."""
    nearest = max(0.0, metres - 2 * PLACE_TOLERANCE_M)
    return nearest / (abs(seconds) + 2 * clocks.total_seconds()) * 3.6


def _impossible(first: GateFix, second: GateFix, most_kmh: float, clocks: timedelta) -> ImpossibleTravel | None:
    metres = distance_m(first, second)
    seconds = (second.at - first.at).total_seconds()
    if metres is None or (speed := least_kmh(metres, seconds, clocks)) <= most_kmh:
        return None
    return ImpossibleTravel(first=first, second=second, distance_m=metres, seconds=seconds, least_kmh=speed)
