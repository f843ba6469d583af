# SPDX-License-Identifier: AGPL-3.0-or-later
"""Simulated passes through the assembler, by scenario.

    python -m scripts.benchmarks.passes.simulate [--scenes 20] [--seed 1]

No pixels and no models: boxes and reads as models give them, with misses, misreads and jitter, from vehicles that move
as on a road. Prints a table; the exit status is 1 unless every pass made one transit with its plate and none was false.
"""

import json
import sys
import time
from dataclasses import asdict
from statistics import mean

import click

from scripts.benchmarks.passes.camera import Made, SimulatedCamera
from scripts.benchmarks.passes.scenarios import SCENARIOS, Maker
from scripts.benchmarks.passes.tally import Tally, reckon
from scripts.command import Script

_HEAD = (
    "| scenario | passes | right | missed | doubled | false | wrong way | no way | reads a pass | of sightings |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)


@click.command(cls=Script, help=__doc__)
@click.option("--scenes", type=click.IntRange(1), default=20, show_default=True, help="Of each scenario.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--only", help="One scenario by name, each scene that went wrong told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object in place of the table.")
def main(scenes: int, seed: int, only: str | None, as_json: bool) -> None:
    began = time.perf_counter()
    rows = {}
    for scenario in SCENARIOS:
        if only in {None, scenario.__name__}:
            rows[scenario.__name__] = run(scenario.__name__, scenes, seed, tell=only is not None)
    total = Tally()
    for tally, _ in rows.values():
        total.add(tally)
    if as_json:
        click.echo(json.dumps({name: asdict(tally) for name, (tally, _) in rows.items()}))
    else:
        click.echo(_HEAD)
        for name, (tally, made) in rows.items():
            click.echo(_row(name, tally, made))
        click.echo(_row("all", total, [one for _, made in rows.values() for one in made]))
        click.echo(f"{total.passes} passes in {time.perf_counter() - began:.1f} s", err=True)
    sys.exit(0 if total.is_perfect else 1)


def run(name: str, scenes: int, seed: int, *, tell: bool = False) -> tuple[Tally, list[Made]]:
    """One scenario, so many times."""
    maker = {scenario.__name__: scenario for scenario in SCENARIOS}[name]
    tally, all_made = Tally(), []
    for number in range(scenes):
        scenario = maker(Maker(seed * 100_003 + number))
        made = SimulatedCamera(scenario.road, scenario.conditions, number).run()
        one = reckon(scenario.road.vehicles, [done.transit for done in made.passes])
        if tell and not one.is_perfect:
            passed = [vehicle.plate for vehicle in scenario.road.vehicles]
            click.echo(f"{name} {number}: {passed}, made {[done.transit.plate for done in made.passes]}", err=True)
        tally.add(one)
        all_made.append(made)
    return tally, all_made


def _row(name: str, tally: Tally, made: list[Made]) -> str:
    reads = sum(sum(one.reads.values()) for one in made)
    share = reads / max(1, sum(one.sightings for one in made))
    counts = [
        tally.passes, tally.right, tally.missed, tally.doubled, tally.false, tally.wrong_way, tally.no_way,
        round(mean([reads / tally.passes]), 1),
    ]  # fmt: skip
    return f"| {name.replace('_', ' ')} | {' | '.join(map(str, counts))} | {share:.0%} |"


if __name__ == "__main__":
    main()
