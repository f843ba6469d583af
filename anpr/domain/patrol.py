# SPDX-License-Identifier: AGPL-3.0-or-later
"""Patrols: what they answer from the street, what came of an answer, and which of them is nearest to a gate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt

_EARTH_M = 6_371_000
"""Mean radius of the earth."""


class PatrolAction(StrEnum):
    """What a patrol tells of an alarm."""

    ON_SCENE = "on-scene"
    """It acts on it: the alarm is in progress, whoever has it. Several patrols may."""
    STOPPED = "stopped"
    NOT_FOUND = "not-found"
    """Both close the alarm with the outcome of this name."""
    NOTE = "note"


class AnswerResult(StrEnum):
    """What came of an answer; every one but PENDING is final."""

    PENDING = "pending"
    """It is being done by this very transaction."""
    DONE = "done"
    CLOSED = "closed"
    """Somebody had closed the alarm before. What was written is kept in the alarm's log all the same."""
    SEEN_AGAIN = "seen-again"
    """The vehicle was seen again after what the phone showed: the alarm stays open. What was written is kept."""
    GONE = "gone"
    """There is no such alarm (any more) that this patrol may answer; nothing was kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A point on the earth, WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDuty:
    """A patrol that is logged in; `place` and `located_at` (UTC) where it shows its position, to `accuracy_m`."""

    name: str
    place: Place | None = None
    accuracy_m: float | None = None
    located_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Distance:
    """A patrol and how far it is (m, as the crow flies); None where either place is not known."""

    patrol: OnDuty
    metres: float | None


def distance_m(one: Place, other: Place) -> float:
    """Metres between two places as the crow flies (haversine); some 0.5 % off, as the earth is no sphere."""
    south, north = radians(one.latitude), radians(other.latitude)
    across = sin((north - south) / 2) ** 2
    along = sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * _EARTH_M * asin(min(1.0, sqrt(across + cos(south) * cos(north) * along)))


def nearest_first(patrols: Iterable[OnDuty], place: Place | None) -> list[Distance]:
    """All of them, the nearest first, then those whose distance is not known, by name."""
    found = [
        Distance(patrol=each, metres=distance_m(place, each.place) if place and each.place else None)
        for each in patrols
    ]
    return sorted(found, key=lambda each: (each.metres is None, each.metres or 0.0, each.patrol.name))


def is_in_area(area: Iterable[str], gates: Iterable[str]) -> bool:
    """Whether an alarm that was seen at these gates is one of this area; an empty area has all gates."""
    chosen = frozenset(area)
    return not chosen or not chosen.isdisjoint(gates)
