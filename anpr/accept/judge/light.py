# SPDX-License-Identifier: AGPL-3.0-or-later
"""Day or night at a time: by hours that were given, or by the sun at the gate."""

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Site
from anpr.accept.judge.sun import SUNRISE_DEG, sun_elevation_deg
from anpr.domain.errors import InputError

LightAt = Callable[[datetime], Lighting]
"""Lighting at a time (aware)."""


def light_by_hours(day_from: time, day_until: time, zone: ZoneInfo) -> LightAt:
    """Day from one hour of local time to another, within one day. Raises InputError when they are not in order."""
    if day_from >= day_until:
        raise InputError(f"--day: {day_from:%H:%M} is not before {day_until:%H:%M}")

    def light(at: datetime) -> Lighting:
        return Lighting.DAY if day_from <= at.astimezone(zone).time() < day_until else Lighting.NIGHT

    return light


def light_by_sun(site: Site) -> LightAt:
    """Day from sunrise to sunset at the gate. Raises InputError when nobody said where the gate is."""
    latitude, longitude = site.latitude, site.longitude
    if latitude is None or longitude is None:
        raise InputError(
            f"gate {site.gate} has no latitude and longitude, so the sun cannot tell day from night; "
            "give the hours of day: --day 07:30-17:00"
        )

    def light(at: datetime) -> Lighting:
        return Lighting.DAY if sun_elevation_deg(at, latitude, longitude) > SUNRISE_DEG else Lighting.NIGHT

    return light
