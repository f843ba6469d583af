# SPDX-License-Identifier: AGPL-3.0-or-later
"""Elevation of the sun (low-precision formulas of the Astronomical Almanac, within 0.1° from 1950 to 2050). Pure."""

from datetime import UTC, datetime
from math import asin, atan2, cos, degrees, radians, sin

_J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)

SUNRISE_DEG = -0.833
"""Elevation of the sun's centre when its upper rim is on the horizon: half its diameter, and refraction."""


def sun_elevation_deg(at: datetime, latitude: float, longitude: float) -> float:
    """Elevation of the sun's centre above the horizon (degrees, without refraction) at `at` (aware); the place is in
    degrees north and east.
    """
    days = (at - _J2000).total_seconds() / 86_400
    mean_longitude = (280.460 + 0.9856474 * days) % 360
    anomaly = radians((357.528 + 0.9856003 * days) % 360)
    ecliptic = radians(mean_longitude + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.0000004 * days)
    ascension = degrees(atan2(cos(tilt) * sin(ecliptic), cos(ecliptic)))
    declination = asin(sin(tilt) * sin(ecliptic))
    sidereal_deg = 280.46062 + 360.98564737 * days
    hour_angle = radians(sidereal_deg + longitude - ascension)
    phi = radians(latitude)
    return degrees(asin(sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hour_angle)))
