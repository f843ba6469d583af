# SPDX-License-Identifier: AGPL-3.0-or-later
"""Traffic scenarios that are hard to track, generated from a seed."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scripts.benchmarks.passes.camera import Conditions
from scripts.benchmarks.passes.texts import misread, random_plate, sister
from scripts.benchmarks.passes.vehicles import Knot, Road, Vehicle

_FAR_M, _NEAR_M = 45.0, 1.0
_LANE_M = 2.7
"""Between the middles of two lanes of a narrow street."""
_LENGTH_M = 4.2


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A road, and how well it is seen."""

    road: Road
    conditions: Conditions = field(default_factory=Conditions)


def drive(begins_s: float, m_s: float, x: float = 0.0, recedes: bool = False) -> tuple[Knot, ...]:
    """Straight through the image at one speed."""
    lasts = (_FAR_M - _NEAR_M) / m_s
    ends = (_NEAR_M, _FAR_M) if recedes else (_FAR_M, _NEAR_M)
    return ((begins_s, x, ends[0]), (begins_s + lasts, x, ends[1]))


class Maker:
    """Makes one scenario of each kind; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._taken: set[str] = set()

    def plate(self) -> str:
        return random_plate(self.chance, self._taken)

    def speed(self) -> float:
        """m/s: 18 to 65 km/h."""
        return self.chance.uniform(5, 18)

    def single(self, **rest: object) -> Vehicle:
        recedes = self.chance.random() < 0.5
        way = drive(0.5, self.speed(), self.chance.uniform(-0.4, 0.4), recedes)
        return Vehicle(plate=self.plate(), way=way, **rest)  # type: ignore[arg-type]


def alone(make: Maker) -> Scenario:
    """One vehicle, well seen."""
    return Scenario(road=Road(vehicles=(make.single(),)))


def badly_found(make: Maker) -> Scenario:
    """The detector misses two of five, and now and then all for half a second."""
    return Scenario(road=Road(vehicles=(make.single(),)), conditions=Conditions(missed=0.4, bursts=0.4))


def badly_read(make: Maker) -> Scenario:
    """A quarter of the reads is wrong, of far plates nearly all."""
    return Scenario(road=Road(vehicles=(make.single(),)), conditions=Conditions(misread=0.25))


def worn_plate(make: Maker) -> Scenario:
    """One character is dirty and read wrong a third of the time, always the same way."""
    vehicle = make.single()
    return Scenario(road=Road(vehicles=(replace(vehicle, worn=misread(vehicle.plate, make.chance)),)))


def few_frames(make: Maker) -> Scenario:
    """Four frames a second."""
    return Scenario(road=Road(vehicles=(make.single(),)), conditions=Conditions(fps=4, missed=0.1))


def hand_held(make: Maker) -> Scenario:
    """The image jumps by up to 25 px from frame to frame; two vehicles follow each other."""
    m_s = make.speed()
    both = [Vehicle(plate=make.plate(), way=drive(0.5 + 2.0 * n, m_s)) for n in range(2)]
    return Scenario(road=Road(vehicles=tuple(both)), conditions=Conditions(shake_px=25, jitter=0.06))


def occluded(make: Maker) -> Scenario:
    """Something stands before it for up to two seconds, in the middle of its way."""
    vehicle = make.single()
    begin, end = vehicle.way[0][0], vehicle.way[-1][0]
    hidden = begin + (end - begin) * make.chance.uniform(0.35, 0.6)
    lasts = make.chance.uniform(0.3, min(2.0, 0.3 * (end - begin)))
    return Scenario(road=Road(vehicles=(replace(vehicle, hidden=((hidden, hidden + lasts),)),)))


def convoy(make: Maker) -> Scenario:
    """Three on one lane, a car's length or less apart."""
    m_s, recedes = make.chance.uniform(4, 11), make.chance.random() < 0.5
    begins, vehicles = 0.5, []
    for _ in range(3):
        vehicles.append(Vehicle(plate=make.plate(), way=drive(begins, m_s, recedes=recedes)))
        begins += (_LENGTH_M + make.chance.uniform(2.0, 5.0)) / m_s
    return Scenario(road=Road(vehicles=tuple(vehicles)))


def abreast(make: Maker) -> Scenario:
    """Two side by side at the same speed, all the way."""
    m_s, recedes = make.speed(), make.chance.random() < 0.5
    offsets = (0.4, 0.4 - _LANE_M)
    begins = (0.5, 0.5 + make.chance.uniform(0, 0.1))
    both = [
        Vehicle(plate=make.plate(), way=drive(begin, m_s, x, recedes)) for begin, x in zip(begins, offsets, strict=True)
    ]
    return Scenario(road=Road(vehicles=tuple(both)))


def overtaking(make: Maker) -> Scenario:
    """One passes the other before the camera."""
    slow = make.chance.uniform(4, 8)
    fast = slow * make.chance.uniform(1.4, 2.0)
    recedes = make.chance.random() < 0.5
    first = Vehicle(plate=make.plate(), way=drive(0.5, slow, 0.4, recedes))
    # They are level somewhere between 10 and 20 m before the camera.
    level = make.chance.uniform(10, 20)
    travelled = level - _NEAR_M if recedes else _FAR_M - level
    begins = 0.5 + travelled / slow - travelled / fast
    second = Vehicle(plate=make.plate(), way=drive(begins, fast, 0.4 - _LANE_M, recedes))
    return Scenario(road=Road(vehicles=(first, second)))


def crossing(make: Maker) -> Scenario:
    """Two change lanes past each other: their plates cross in the image."""
    m_s, gap = make.chance.uniform(5, 10), make.chance.uniform(5.0, 7.0)
    lasts = (_FAR_M - _NEAR_M) / m_s

    def way(begins: float, x1: float, x2: float) -> tuple[Knot, ...]:
        return (
            (begins, x1, _FAR_M),
            (begins + 0.45 * lasts, x1, _FAR_M - 0.45 * (_FAR_M - _NEAR_M)),
            (begins + 0.75 * lasts, x2, _FAR_M - 0.75 * (_FAR_M - _NEAR_M)),
            (begins + lasts, x2, _NEAR_M),
        )

    one = Vehicle(plate=make.plate(), way=way(0.5, 0.4, 0.4 - _LANE_M))
    other = Vehicle(plate=make.plate(), way=way(0.5 + gap / m_s, 0.4 - _LANE_M, 0.4))
    return Scenario(road=Road(vehicles=(one, other)))


def meeting(make: Maker) -> Scenario:
    """One comes and one goes; their plates pass each other."""
    one = Vehicle(plate=make.plate(), way=drive(0.5, make.speed(), 0.4))
    other = Vehicle(plate=make.plate(), way=drive(make.chance.uniform(0.3, 2), make.speed(), 0.4 - _LANE_M, True))
    return Scenario(road=Road(vehicles=(one, other)))


def fleet(make: Maker) -> Scenario:
    """Two of a fleet, one digit apart, one behind the other."""
    plate, m_s = make.plate(), make.chance.uniform(5, 9)
    first = Vehicle(plate=plate, way=drive(0.5, m_s))
    second = Vehicle(plate=sister(plate, make.chance), way=drive(0.5 + 12 / m_s, m_s))
    return Scenario(road=Road(vehicles=(first, second)), conditions=Conditions(misread=0.03))


def queue(make: Maker) -> Scenario:
    """A red light: three come, stand for a minute or two, and go on."""
    m_s, stands = 8.0, make.chance.uniform(40, 120)
    vehicles = []
    for number in range(3):
        stop = 7.0 + number * (_LENGTH_M + make.chance.uniform(2.0, 4.0))
        comes = 0.5 + number * 1.6
        arrives = comes + (_FAR_M - stop) / m_s
        leaves = 0.5 + stands + number * 1.5
        way = ((comes, 0.0, _FAR_M), (arrives, 0.0, stop), (leaves, 0.0, stop), (leaves + stop / m_s, 0.0, 0.5))
        vehicles.append(Vehicle(plate=make.plate(), way=way))
    return Scenario(road=Road(vehicles=tuple(vehicles)), conditions=Conditions(fps=10))


def parked(make: Maker) -> Scenario:
    """One stands in view for ten minutes; five drive past it and cover it for a moment."""
    at = make.chance.uniform(10, 18)
    waits = ((0.0, 1.9, at), (600.0, 1.9, at))
    stays = Vehicle(plate=make.plate(), way=waits)
    others = [
        Vehicle(plate=make.plate(), way=drive(100.0 * n + make.chance.uniform(0, 60), make.speed(), 0.2))
        for n in range(5)
    ]
    covered = tuple((vehicle.way[0][0] + 1, vehicle.way[0][0] + 2.5) for vehicle in others)
    return Scenario(road=Road(vehicles=(replace(stays, hidden=covered), *others)), conditions=Conditions(fps=5))


def swapped(make: Maker) -> Scenario:
    """A vehicle leaves its place and, hidden for a moment, another stands there: what looks like one plate are two."""
    at, changes = make.chance.uniform(8, 14), make.chance.uniform(4, 8)
    gap = make.chance.uniform(0.2, 0.6)
    first = Vehicle(plate=make.plate(), way=((0.5, 0.0, at), (changes, 0.0, at)))
    second = Vehicle(plate=make.plate(), way=((changes + gap, 0.0, at), (changes + gap + 5, 0.0, at)))
    return Scenario(road=Road(vehicles=(first, second)), conditions=Conditions(fps=12.5))


def back_soon(make: Maker) -> Scenario:
    """It turns round and passes again within the re-entry window: one transit."""
    vehicle = make.single()
    m_s, again = make.speed(), vehicle.way[-1][0] + make.chance.uniform(5, 40)
    x = vehicle.way[0][1]
    gone = ((vehicle.way[-1][0] + 0.01, x, 90.0), (again - 0.01, x, 90.0))
    return Scenario(road=Road(vehicles=(replace(vehicle, way=(*vehicle.way, *gone, *drive(again, m_s, x))),)))


def back_later(make: Maker) -> Scenario:
    """It passes again after the window: two transits."""
    vehicle = make.single()
    m_s, again = make.speed(), vehicle.way[-1][0] + make.chance.uniform(70, 120)
    x = vehicle.way[0][1]
    gone = ((vehicle.way[-1][0] + 0.01, x, 90.0), (again - 0.01, x, 90.0))
    way = (*vehicle.way, *gone, *drive(again, m_s, x))
    road = Road(vehicles=(replace(vehicle, way=way, transits=2),))
    return Scenario(road=road, conditions=Conditions(fps=12.5))


SCENARIOS: tuple[Callable[[Maker], Scenario], ...] = (
    alone, badly_found, badly_read, worn_plate, few_frames, hand_held, occluded, convoy, abreast, overtaking, crossing,
    meeting, fleet, queue, parked, swapped, back_soon, back_later,
)  # fmt: skip
