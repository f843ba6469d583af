# SPDX-License-Identifier: AGPL-3.0-or-later
"""Figures of an acceptance test: counts and shares with 95 % intervals, in all and by light, side and kind."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from anpr.accept.count.vehicle import CountedVehicle, Lighting
from anpr.accept.folder.records import RecordedTransit, Side
from anpr.accept.judge.light import LightAt
from anpr.accept.judge.match import CountedOutcome, Extra, Matching, Result
from anpr.domain.interval import wilson

_One = TypeVar("_One", CountedOutcome, Extra)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """`hits` of `of`."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None when nothing was counted."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95 % interval (Wilson)."""
        return wilson(self.hits, self.of)


class Measure(StrEnum):
    """What is a share of what."""

    COVERAGE = "coverage"
    """Vehicles with a transit, of all that passed."""
    CORRECT = "correct"
    """Vehicles whose plate was read without an error, of those whose plate a person can read."""
    LOOKS_RIGHT = "looks-right"
    """The same when look-alike characters count as equal."""
    WRONG = "wrong"
    """Vehicles read with another plate, of those whose plate a person can read."""
    NOT_READ = "not-read"
    """Vehicles without a transit, of those whose plate a person can read."""
    FALSE = "false"
    """Transits to which no vehicle belongs, of all transits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FigureGroup:
    """The figures of some vehicles. `light`, `side` and `kind` are None where the group holds all of them."""

    light: Lighting | None = None
    side: Side | None = None
    kind: str | None = None
    shares: dict[Measure, Share]

    @property
    def passed(self) -> int:
        """Vehicles that a person counted."""
        return self.shares[Measure.COVERAGE].of


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """What a vehicle or a transit belongs to."""

    light: Lighting
    side: Side | None
    kind: str | None


def place_vehicle(vehicle: CountedVehicle, transit: RecordedTransit | None, light_at: LightAt) -> Category:
    """As the sheet says; else by its time, and by the direction that the reader saw."""
    side = vehicle.side or _side_of(transit)
    return Category(light=vehicle.light or light_at(vehicle.at), side=side, kind=vehicle.kind or None)


def place_transit(transit: RecordedTransit, light_at: LightAt, side: Side | None) -> Category:
    """A transit without a vehicle; `side` is the one that the camera sees, when it sees one only."""
    return Category(light=light_at(transit.captured_at), side=side or _side_of(transit), kind=None)


def figures(matching: Matching, light_at: LightAt, side: Side | None = None) -> tuple[FigureGroup, ...]:
    """All first, then day and night, front and rear, both together where both differ, and the kinds of vehicle.

    A group without a vehicle is left out.
    """
    outcomes = [(place_vehicle(one.vehicle, one.transit, light_at), one) for one in matching.outcomes]
    extras = [(place_transit(one.transit, light_at, side), one) for one in matching.extras]

    def group(light: Lighting | None = None, side: Side | None = None, kind: str | None = None) -> FigureGroup:
        def belongs(placed: Category) -> bool:
            wanted = ((light, placed.light), (side, placed.side), (kind, placed.kind))
            return all(one is None or one == its for one, its in wanted)

        return FigureGroup(
            light=light, side=side, kind=kind, shares=_shares(_those(outcomes, belongs), _those(extras, belongs))
        )

    lights = [light for light in Lighting if any(placed.light is light for placed, _ in outcomes)]
    sides = [one for one in Side if any(placed.side is one for placed, _ in outcomes)]
    groups = [group(), *(group(light=light) for light in lights), *(group(side=one) for one in sides)]
    if len(lights) > 1 and len(sides) > 1:
        groups += [group(light=light, side=one) for light in lights for one in sides]
    groups += [group(kind=kind) for kind in sorted({placed.kind for placed, _ in outcomes if placed.kind})]
    return (groups[0], *(one for one in groups[1:] if one.passed))


def _those(every: Iterable[tuple[Category, _One]], belongs: Callable[[Category], bool]) -> list[_One]:
    return [one for placed, one in every if belongs(placed)]


def _shares(outcomes: Sequence[CountedOutcome], extras: Sequence[Extra]) -> dict[Measure, Share]:
    results = [one.result for one in outcomes]
    legible = [one for one in outcomes if one.vehicle.plate is not None]
    seen = len(outcomes) - results.count(Result.MISSED)

    def of_legible(hits: int) -> Share:
        return Share(hits=hits, of=len(legible))

    return {
        Measure.COVERAGE: Share(hits=seen, of=len(outcomes)),
        Measure.CORRECT: of_legible(results.count(Result.CORRECT)),
        Measure.LOOKS_RIGHT: of_legible(sum(one.looks_right for one in legible)),
        Measure.WRONG: of_legible(results.count(Result.WRONG)),
        Measure.NOT_READ: of_legible(sum(one.result is Result.MISSED for one in legible)),
        Measure.FALSE: Share(hits=len(extras), of=seen + len(extras)),
    }


def _side_of(transit: RecordedTransit | None) -> Side | None:
    return Side.of(transit.direction) if transit and transit.direction else None
