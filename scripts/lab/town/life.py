# SPDX-License-Identifier: AGPL-3.0-or-later
"""Life of the drawn town: who drives where and when. One seed gives one life."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from scripts.lab.town.streets import GATE_IDS, seconds_on, way
from scripts.lab.transits import plate_of

WORKING_DAYS = 5
_MISSED = 0.03
"""Share of vehicles that a camera does not read at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TownSize:
    """How large: the days before `end` (UTC midnight)."""

    vehicles: int
    days: int
    end: datetime
    convoys: int = 5
    clones: int = 2
    robberies: int = 4
    seed: int = 19

    @property
    def start(self) -> datetime:
        """The first day's midnight (UTC)."""
        return self.end - timedelta(days=self.days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Vehicle:
    """A plate, where it lives and works, and when it leaves home (seconds of the day)."""

    number: int
    plate: str
    home: str
    work: str
    leaves_s: float
    returns_s: float
    is_commuter: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Drive:
    """A way through the town. `followers`: who drives along, each so many seconds behind."""

    plate: str
    path: tuple[str, ...]
    at: datetime
    kmh: float
    followers: tuple[tuple[str, float], ...] = ()
    is_sure: bool = False
    """Whether no camera misses it: an answer depends on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A vehicle at a gate, before anybody reads it."""

    plate: str
    gate_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindHours:
    """A gate that does not look, from and until (UTC)."""

    gate_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Robbery:
    """Windows (gate, since, until) of which each saw the plate."""

    plate: str
    windows: tuple[tuple[str, datetime, datetime], ...]


@dataclass(kw_only=True, slots=True)
class Answers:
    """What pages must find."""

    convoys: dict[str, frozenset[str]] = field(default_factory=dict)
    """Who is with the vehicle of this plate."""
    clones: frozenset[str] = frozenset()
    robberies: list[Robbery] = field(default_factory=list)
    blind: BlindHours | None = None


class Town:
    """A life of this size. `drives` may be asked once; `answers` are known from the start."""

    def __init__(self, size: TownSize) -> None:
        self.size = size
        self._random = random.Random(size.seed)
        self.vehicles = [self._vehicle(number) for number in range(size.vehicles)]
        self.answers = Answers(blind=self._blind())
        self._special: list[Drive] = []
        self._plan()
        self.answers.robberies = [each for each in self.answers.robberies if len(each.windows) > 1]

    def seen(self) -> Iterator[Seen]:
        """Every vehicle at every gate that looks, day by day; within a day in no order."""
        for day in range(self.size.days):
            midnight = self.size.start + timedelta(days=day)
            for drive in self._drives_of(midnight):
                yield from self._seen_on(drive)

    def _vehicle(self, number: int) -> Vehicle:
        draw = self._random
        return Vehicle(
            number=number,
            plate=plate_of(number * 37 + 1009),
            home=draw.choice(GATE_IDS),
            work=draw.choice(GATE_IDS),
            leaves_s=draw.gauss(7.7, 0.7) * 3600,
            returns_s=draw.gauss(17.3, 1.0) * 3600,
            is_commuter=draw.random() < 0.6,
        )

    def _blind(self) -> BlindHours:
        since = self.size.start + timedelta(days=self.size.days // 2, hours=6)
        return BlindHours(gate_id="ring-3", since=since, until=since + timedelta(hours=4))

    def _plan(self) -> None:
        """Convoys, clones and robberies: each takes vehicles of its own from the beginning of the list."""
        numbers = iter(range(len(self.vehicles)))
        for number in range(self.size.convoys):
            self._plan_convoy([self.vehicles[next(numbers)] for _ in range(2 + number % 2)])
        clones = [self.vehicles[next(numbers)] for _ in range(self.size.clones)]
        self.answers.clones = frozenset(vehicle.plate for vehicle in clones)
        for vehicle in clones:
            self._plan_clone(vehicle)
        for _ in range(self.size.robberies):
            self._plan_robbery(self.vehicles[next(numbers)])

    def _plan_convoy(self, group: Sequence[Vehicle]) -> None:
        draw, leader = self._random, group[0]
        for day in sorted(draw.sample(range(self.size.days), min(self.size.days, 5))):
            start, end = draw.sample([gate for gate in GATE_IDS if not gate.startswith("inner")], 2)
            at = self.size.start + timedelta(days=day, seconds=draw.uniform(8, 22) * 3600)
            behind = tuple((vehicle.plate, draw.uniform(4, 12) * n) for n, vehicle in enumerate(group[1:], start=1))
            self._special.append(
                Drive(plate=leader.plate, path=way(start, end), at=at, kmh=draw.uniform(35, 60), followers=behind)
            )
        self.answers.convoys[leader.plate] = frozenset(vehicle.plate for vehicle in group[1:])

    def _plan_clone(self, vehicle: Vehicle) -> None:
        """Seen far away a few minutes after the true one was seen."""
        draw = self._random
        for day in range(0, self.size.days, 2):
            at = self.size.start + timedelta(days=day, seconds=draw.uniform(9, 16) * 3600)
            for road, minutes in (("road-1", 0.0), ("road-3", draw.uniform(1, 4))):
                drive = Drive(
                    plate=vehicle.plate, path=(road,), at=at + timedelta(minutes=minutes), kmh=50, is_sure=True
                )
                self._special.append(drive)

    def _plan_robbery(self, vehicle: Vehicle) -> None:
        draw, windows = self._random, []
        for day in sorted(draw.sample(range(self.size.days), min(self.size.days, 5))):
            gate_id = draw.choice([gate for gate in GATE_IDS if gate != "ring-3"])
            at = self.size.start + timedelta(days=day, seconds=draw.uniform(1, 23) * 3600)
            self._special.append(Drive(plate=vehicle.plate, path=(gate_id,), at=at, kmh=50, is_sure=True))
            windows.append((gate_id, at - timedelta(minutes=draw.uniform(2, 20)), at + timedelta(minutes=10)))
        self.answers.robberies.append(Robbery(plate=vehicle.plate, windows=tuple(windows)))

    def _drives_of(self, midnight: datetime) -> Iterator[Drive]:
        draw = self._random
        is_working = midnight.weekday() < WORKING_DAYS
        for vehicle in self.vehicles:
            if vehicle.is_commuter and is_working:
                yield self._drive(
                    vehicle.plate, vehicle.home, vehicle.work, midnight, draw.gauss(vehicle.leaves_s, 400)
                )
                yield self._drive(
                    vehicle.plate, vehicle.work, vehicle.home, midnight, draw.gauss(vehicle.returns_s, 900)
                )
            elif draw.random() < 0.5:
                out = draw.uniform(8, 20) * 3600
                there = draw.choice(GATE_IDS)
                yield self._drive(vehicle.plate, vehicle.home, there, midnight, out)
                yield self._drive(vehicle.plate, there, vehicle.home, midnight, out + draw.uniform(1, 3) * 3600)
        end = midnight + timedelta(days=1)
        yield from (drive for drive in self._special if midnight <= drive.at < end)

    def _drive(self, plate: str, start: str, end: str, midnight: datetime, second: float) -> Drive:
        at = midnight + timedelta(seconds=min(max(second, 0.0), 84_000.0))
        return Drive(plate=plate, path=way(start, end), at=at, kmh=self._random.uniform(28, 55))

    def _seen_on(self, drive: Drive) -> Iterator[Seen]:
        draw = self._random
        for gate_id, seconds in zip(drive.path, seconds_on(drive.path, drive.kmh), strict=True):
            for plate, behind in ((drive.plate, 0.0), *drive.followers):
                at = drive.at + timedelta(seconds=seconds + behind + (draw.uniform(0, 2) if behind else 0))
                is_missed = not drive.is_sure and draw.random() < _MISSED
                if not is_missed and not self._is_blind(gate_id, at):
                    yield Seen(plate=plate, gate_id=gate_id, at=at)

    def _is_blind(self, gate_id: str, at: datetime) -> bool:
        blind = self.answers.blind
        return blind is not None and gate_id == blind.gate_id and blind.since <= at < blind.until


def midnight_before(moment: datetime) -> datetime:
    """The last UTC midnight."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
