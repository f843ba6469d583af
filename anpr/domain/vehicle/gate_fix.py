# SPDX-License-Identifier: AGPL-3.0-or-later
"""Position fix: where and when a plate was read, and great-circle distances between gates (haversine)."""

from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from uuid import UUID

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius R1 of the GRS 80 ellipsoid (IUGG)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateFix:
    """One transit as a point: gate, moment (UTC), place in degrees (WGS 84; None where nobody entered it)."""

    transit_id: UUID
    gate_id: str
    at: datetime
    latitude: float | None = None
    longitude: float | None = None
    confidence: float = 1.0
    """Probability that the plate is the one that was read, 0 to 1."""


def great_circle_m(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Metres between two places (latitude, longitude in degrees): no road between them is shorter."""
    (lat_1, lng_1), (lat_2, lng_2) = ((radians(lat), radians(lng)) for lat, lng in (start, end))
    chord = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lng_2 - lng_1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(chord)))


def distance_m(start: GateFix, end: GateFix) -> float | None:
    """Metres between the gates of two fixes; None where a place is unknown, 0 at one gate."""
    if start.gate_id == end.gate_id:
        return 0.0
    if start.latitude is None or start.longitude is None or end.latitude is None or end.longitude is None:
        return None
    return great_circle_m((start.latitude, start.longitude), (end.latitude, end.longitude))
