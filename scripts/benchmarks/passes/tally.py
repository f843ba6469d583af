# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scoring of transits against the vehicles that passed. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from anpr.domain.transit import Transit
from scripts.benchmarks.passes.vehicles import Vehicle


@dataclass(kw_only=True)
class Tally:
    """Over any number of scenes."""

    passes: int = 0
    right: int = 0
    """Made one transit each, with its plate."""
    missed: int = 0
    doubled: int = 0
    """Transits of a vehicle beyond those that are right for it."""
    false: int = 0
    """Transits of a plate that did not pass: of a misread one, too."""
    wrong_way: int = 0
    """Of those right: with a direction that is not the vehicle's."""
    no_way: int = 0
    """Of those right: without a direction, although it moved."""

    def add(self, other: "Tally") -> None:
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def is_perfect(self) -> bool:
        return self.right == self.passes and not (self.missed or self.doubled or self.false or self.wrong_way)


def reckon(vehicles: Sequence[Vehicle], transits: Sequence[Transit]) -> Tally:
    """Of one scene."""
    made = Counter(transit.plate for transit in transits)
    tally = Tally(passes=sum(vehicle.transits for vehicle in vehicles))
    for vehicle in vehicles:
        times = made.pop(vehicle.plate, 0)
        tally.right += min(times, vehicle.transits)
        tally.missed += max(0, vehicle.transits - times)
        tally.doubled += max(0, times - vehicle.transits)
        ways = [transit.direction for transit in transits if transit.plate == vehicle.plate]
        if vehicle.transits == 1 and vehicle.direction is not None:
            tally.wrong_way += sum(way is not None and way is not vehicle.direction for way in ways[:1])
            tally.no_way += sum(way is None for way in ways[:1])
    tally.false = sum(made.values())
    return tally
