# SPDX-License-Identifier: AGPL-3.0-or-later
"""Matching: one transit to one counted vehicle at most, the surest pairs first. Pure.

Pairs lie within a tolerance in time. Those of the same plate are made first, then those of similar plates, then what is
left by time alone; within each, the nearest in time first. So a read counts as wrong only when no vehicle of that plate
was there, and a missed vehicle beside a false read of another text counts as one wrong read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.accept.count.vehicle import CountedVehicle
from anpr.accept.folder.records import RecordedTransit
from anpr.domain.plate import look_alike_key
from anpr.domain.similarity import similarity

_SIMILAR = 0.5
"""Of 1: half the characters of a plate are the same ones in the same order."""


class Result(StrEnum):
    """What came of a counted vehicle."""

    CORRECT = "correct"
    WRONG = "wrong"
    MISSED = "missed"
    """No transit: the reader did not see it, or was not sure enough."""
    SEEN = "seen"
    """Read, and no person can say whether it is right."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedOutcome:
    """A counted vehicle, and the transit it was matched with."""

    vehicle: CountedVehicle
    transit: RecordedTransit | None

    @property
    def result(self) -> Result:
        if self.transit is None:
            return Result.MISSED
        if self.vehicle.plate is None:
            return Result.SEEN
        return Result.CORRECT if self.transit.plate == self.vehicle.plate else Result.WRONG

    @property
    def looks_right(self) -> bool:
        """Whether the plate was read when look-alike characters count as the same."""
        if self.transit is None or self.vehicle.plate is None:
            return False
        return look_alike_key(self.transit.plate) == look_alike_key(self.vehicle.plate)


@dataclass(frozen=True, kw_only=True, slots=True)
class Extra:
    """A transit to which no counted vehicle belongs."""

    transit: RecordedTransit
    is_repeat: bool
    """Whether a vehicle of this plate was counted within the tolerance: it was read twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """All counted vehicles with what came of them, and the transits that are left over, both in order of time."""

    outcomes: tuple[CountedOutcome, ...]
    extras: tuple[Extra, ...]


def match(vehicles: Sequence[CountedVehicle], transits: Sequence[RecordedTransit], tolerance_s: float) -> Matching:
    """Match transits with vehicles whose times are at most `tolerance_s` apart (0 where they overlap)."""
    pairs = sorted(_pairs(vehicles, transits, tolerance_s))
    of_vehicle: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, vehicle, transit in pairs:
        if vehicle not in of_vehicle and transit not in taken:
            of_vehicle[vehicle] = transit
            taken.add(transit)
    outcomes = [
        CountedOutcome(vehicle=vehicle, transit=transits[of_vehicle[number]] if number in of_vehicle else None)
        for number, vehicle in enumerate(vehicles)
    ]
    extras = [
        Extra(transit=transit, is_repeat=_is_repeat(transit, vehicles, tolerance_s))
        for number, transit in enumerate(transits)
        if number not in taken
    ]
    return Matching(
        outcomes=tuple(sorted(outcomes, key=lambda one: one.vehicle.began)),
        extras=tuple(sorted(extras, key=lambda one: one.transit.captured_at)),
    )


def gap_s(began: datetime, ended: datetime, transit: RecordedTransit) -> float:
    """Seconds between a stretch of time and a transit; 0 where they overlap."""
    between = max(transit.first_seen - ended, began - transit.last_seen)
    return max(0.0, between.total_seconds())


def _pairs(
    vehicles: Sequence[CountedVehicle], transits: Sequence[RecordedTransit], tolerance_s: float
) -> Iterator[tuple[int, float, int, int]]:
    """Rank, distance in time (s), number of the vehicle, number of the transit."""
    order = sorted(range(len(transits)), key=lambda number: transits[number].first_seen)
    for row, vehicle in enumerate(vehicles):
        for number in order:
            transit = transits[number]
            if gap_s(vehicle.began, vehicle.ended, transit) <= tolerance_s:
                distance_s = abs((transit.captured_at - vehicle.at).total_seconds())
                yield _rank(vehicle, transit), distance_s, row, number
            elif transit.first_seen > vehicle.ended:
                break


def _rank(vehicle: CountedVehicle, transit: RecordedTransit) -> int:
    if vehicle.plate is None:
        return 2
    if vehicle.plate == transit.plate:
        return 0
    return 1 if similarity(vehicle.plate, transit.plate) >= _SIMILAR else 2


def _is_repeat(transit: RecordedTransit, vehicles: Sequence[CountedVehicle], tolerance_s: float) -> bool:
    return any(
        vehicle.plate == transit.plate and gap_s(vehicle.began, vehicle.ended, transit) <= tolerance_s
        for vehicle in vehicles
    )
