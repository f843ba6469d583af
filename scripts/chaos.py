#!/usr/bin/env python3
"""Kill, cut off and mislead everything between the edge and the database, and see that nothing is lost or doubled.

    .venv/bin/python scripts/chaos.py [--rounds 100] [--minutes 10] [--seed 1] [--quick]

A real Kafka broker, a real PostgreSQL, two `anpr ingest`, and a sender with a real outbox. Which faults come when is
drawn from the seed. How it goes stands on standard error; the last line of standard output is one JSON object. The exit
status is 1 when something was lost or doubled, is not what was sent, or did not end when told to.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from anpr.clock import SystemClock
from scripts.faults.havoc import Havoc
from scripts.faults.noise import Amounts, Noise
from scripts.faults.reckoning import reckon, waiting
from scripts.faults.stage import Plan, Stage, say, staged
from scripts.faults.traffic import Traffic
from tests.services.kafka import BrokerUnavailableError

DRAIN_S = 300.0
QUICK_HAVOC_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When the faults end: whichever comes first."""

    rounds: int
    seconds: float


@click.command(help=__doc__.splitlines()[0])
@click.option("--rounds", type=click.IntRange(1), default=100, show_default=True, help="Of faults, at most.")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Of faults, at most.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--quick", is_flag=True, help="A few rounds, less than a minute in all.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave logs and data in."
)
def main(rounds: int, minutes: float, seed: int, quick: bool, keep: Path | None) -> None:
    limits = Limits(rounds=rounds, seconds=QUICK_HAVOC_S if quick else minutes * 60)
    traffic = Traffic(seed=seed, start=SystemClock().now().replace(microsecond=0) - timedelta(hours=3))
    try:
        with _folder(keep) as folder:
            figures, wrongs = run(folder, traffic, limits)
    except BrokerUnavailableError as exc:
        raise click.ClickException(str(exc)) from exc
    for wrong in wrongs:
        say(f"WRONG: {wrong}")
    click.echo(json.dumps(figures))
    sys.exit(1 if wrongs else 0)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="anpr-chaos-") as folder:
        yield Path(folder)


def run(folder: Path, traffic: Traffic, limits: Limits) -> tuple[dict[str, float], list[str]]:
    """The figures, and in words what went wrong."""
    began = time.monotonic()
    chance = random.Random(traffic.seed)
    wrongs = []
    with staged(folder, Plan(seed=traffic.seed), traffic) as stage:
        noise = Noise(stage.kafka, traffic, stage.accepted, Amounts())
        stage.keep()
        if not stage.sender.await_word(DRAIN_S):
            raise click.ClickException(f"the sender does not start: see {folder / 'sender.log'}")
        noise.start()
        havoc = Havoc(stage, chance)
        rounds = _havoc(havoc, limits)
        if not _drain(stage, noise):
            wrongs.append(f"something is stuck: it did not flow off in {DRAIN_S:.0f} s")
        say("comparing")
        reckoning = reckon(stage, noise.sent)
        wrongs += [f"{part.name} did not end" for part in stage.ingests if not part.end()]
        falls = stage.falls
    for fall in falls:
        say(f"fell: {fall}")
    figures = {"rounds": rounds, **reckoning.figures, "duplicates": noise.sent.duplicates, "falls": len(falls)}
    return figures | {"seed": traffic.seed, "seconds": round(time.monotonic() - began, 1)}, wrongs + reckoning.wrongs


def _havoc(havoc: Havoc, limits: Limits) -> int:
    """How many rounds it were."""
    until = time.monotonic() + limits.seconds
    rounds = 0
    while rounds < limits.rounds and time.monotonic() < until:
        rounds += 1
        havoc.round(rounds)
    return rounds


def _drain(stage: Stage, noise: Noise) -> bool:
    """Mend all, send what is left, and wait until ingest has committed all of it; whether that came to pass."""
    say("mended; waiting until everything has flowed off")
    deadline = time.monotonic() + DRAIN_S
    stage.heal()
    stage.keep(0.5)
    if not stage.sender.await_word(DRAIN_S):
        return False
    if not (stage.sender.end(DRAIN_S) and noise.end(DRAIN_S)):
        return False
    while waiting(stage):
        if time.monotonic() > deadline:
            return False
        for part in stage.ingests:
            part.keep()
        time.sleep(0.5)
    return True


if __name__ == "__main__":
    main()
