# SPDX-License-Identifier: AGPL-3.0-or-later
"""Five hundred simulated passes through the assembler: one transit each, with its plate, and none besides."""

import pytest

from anpr.domain.gate import Direction
from scripts.benchmarks.passes.camera import Conditions, SimulatedCamera
from scripts.benchmarks.passes.scenarios import SCENARIOS, Maker, drive
from scripts.benchmarks.passes.simulate import run
from scripts.benchmarks.passes.tally import Tally, reckon
from scripts.benchmarks.passes.vehicles import Road, Vehicle

pytestmark = pytest.mark.slow

QUICK = {"parked": 2, "queue": 5}
"""Long scenes; the others are run SCENES times."""
SCENES = 16


@pytest.mark.parametrize("name", [scenario.__name__ for scenario in SCENARIOS])
def test_every_pass_is_one_transit(name: str) -> None:
    tally, made = run(name, QUICK.get(name, SCENES), seed=3)
    assert tally.passes >= 2
    assert tally.is_perfect, tally
    assert tally.no_way <= (1 if name == "queue" else 0), "no transit is made before its direction shows"
    most_reads = max(reads for one in made for reads in one.reads.values())
    assert most_reads <= (680 if name == "parked" else 200), "once a second after the vote is settled"


def test_there_are_five_hundred() -> None:
    passes = [
        vehicle.transits
        for scenario in SCENARIOS
        for number in range(QUICK.get(scenario.__name__, SCENES))
        for vehicle in scenario(Maker(3 * 100_003 + number)).road.vehicles
    ]
    assert sum(passes) >= 400


def test_the_same_seed_makes_the_same() -> None:
    roads = [[scenario(Maker(5)) for scenario in SCENARIOS] for _ in range(2)]
    assert roads[0] == roads[1]


class TestRoad:
    near = Vehicle(plate="PA111AA", way=((0, 0, 8), (10, 0, 8)))
    behind = Vehicle(plate="RB222BB", way=((0, 0, 14), (10, 0, 14)))
    beside = Vehicle(plate="SC333CC", way=((0, 2.7, 14), (10, 2.7, 14)))

    def test_a_plate_is_larger_the_nearer(self) -> None:
        (_, near), (_, far) = (Road(vehicles=(one,)).seen(1)[0] for one in (self.near, self.beside))
        assert near.w == pytest.approx(far.w * 14 / 8, rel=0.15)

    def test_a_vehicle_covers_the_one_behind_it_and_not_the_one_beside_it(self) -> None:
        seen = Road(vehicles=(self.near, self.behind, self.beside)).seen(1)
        assert {vehicle.plate for vehicle, _ in seen} == {"PA111AA", "SC333CC"}

    def test_direction(self) -> None:
        assert Vehicle(plate="PA111AA", way=drive(0, 10)).direction is Direction.APPROACHING
        assert Vehicle(plate="PA111AA", way=drive(0, 10, recedes=True)).direction is Direction.RECEDING
        assert self.near.direction is None


class TestReckoning:
    one = Vehicle(plate="PA111AA", way=drive(0.5, 10))
    other = Vehicle(plate="RB222BB", way=drive(1.5, 10))

    def test_what_was_made_is_held_against_what_passed(self) -> None:
        made = SimulatedCamera(Road(vehicles=(self.one,)), Conditions(), 1).run()
        transits = [done.transit for done in made.passes]
        assert reckon([self.one], transits) == Tally(passes=1, right=1)
        assert reckon([self.one, self.other], transits) == Tally(passes=2, right=1, missed=1)
        assert reckon([self.one], transits * 2) == Tally(passes=1, right=1, doubled=1)
        assert reckon([self.other], transits) == Tally(passes=1, missed=1, false=1)
        gone = Vehicle(plate="PA111AA", way=drive(0.5, 10, recedes=True))
        assert reckon([gone], transits) == Tally(passes=1, right=1, wrong_way=1)
