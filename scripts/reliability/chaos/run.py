#!/usr/bin/env python3
"""Kill, cut off and mislead everything from the camera to the other centre: nothing may be lost or doubled.

    python -m scripts.reliability.chaos.run [--rounds 100] [--minutes 60] [--seed 1] [--garbage 10000] [--quick]

A real Kafka broker, a real PostgreSQL, two `anpr ingest`, `anpr forward serve`, an `anpr reader` at a drawn street, and
a second one whose cameras are numbered transits. Which faults come when is drawn from the seed. How it goes stands on
standard error; the last line of standard output is one JSON object. The exit status is 1 when something was lost or
doubled, is not what was sent, was counted wrongly, or did not end when told to.
"""

import json
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import click
import psycopg

from anpr.runtime.clock import SystemClock
from scripts.lab.jars import ServerUnavailableError
from scripts.reliability.chaos.background_traffic import Amounts, Noise
from scripts.reliability.chaos.environment import Plan, Stage, say, staged
from scripts.reliability.chaos.facts import Facts
from scripts.reliability.chaos.fault_injector import Havoc
from scripts.reliability.chaos.outbox_log import waiting_in
from scripts.reliability.chaos.processes import Part
from scripts.reliability.chaos.topics import waiting
from scripts.reliability.chaos.traffic import BEHIND, Traffic
from scripts.reliability.chaos.verify import reckon
from scripts.reliability.chaos.verify_ledger import unsettled

DRAIN_S = 400.0
QUICK_HAVOC_S = 10.0
QUICK_GARBAGE = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When the faults end: whichever comes first; and how much garbage there is at least."""

    rounds: int
    seconds: float
    garbage: int


@click.command(help=__doc__.splitlines()[0])
@click.option("--rounds", type=click.IntRange(1), default=100, show_default=True, help="Of faults, at most.")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Of faults, at most.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--garbage", type=click.IntRange(0), default=10_000, show_default=True, help="Messages, at least.")
@click.option("--quick", is_flag=True, help="A few rounds, less than a minute in all.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave logs and data in."
)
def main(rounds: int, minutes: float, seed: int, garbage: int, quick: bool, keep: Path | None) -> None:
    limits = Limits(rounds=rounds, seconds=minutes * 60, garbage=garbage)
    if quick:
        limits = Limits(rounds=rounds, seconds=QUICK_HAVOC_S, garbage=QUICK_GARBAGE)
    now = SystemClock().now().replace(microsecond=0)
    try:
        with _folder(keep) as folder:
            figures, wrongs = run(folder, Traffic(seed=seed, start=now - BEHIND), limits, _amounts(now))
    except ServerUnavailableError as exc:
        raise click.ClickException(str(exc)) from exc
    for wrong in wrongs:
        say(f"WRONG: {wrong}")
    click.echo(json.dumps(figures))
    sys.exit(1 if wrongs else 0)


def _amounts(now: datetime) -> Amounts:
    """Around midnight what is past retention may be deleted while we look: none of it then."""
    is_near_midnight = any((now + timedelta(minutes=around)).date() != now.date() for around in (-10, 90))
    return Amounts(old=0) if is_near_midnight else Amounts()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="anpr-chaos-") as folder:
        yield Path(folder)


def run(folder: Path, traffic: Traffic, limits: Limits, amounts: Amounts) -> tuple[dict[str, float], list[str]]:
    """The figures, and in words what went wrong."""
    began = time.monotonic()
    chance = random.Random(traffic.seed)
    with staged(folder, Plan(seed=traffic.seed), traffic) as stage:
        noise = Noise(stage.kafka, traffic, stage.accepted, amounts)
        stage.keep()
        for part in stage.parts:
            if why_not := part.await_ready(DRAIN_S):
                raise click.ClickException(f"{part.name} does not start: {why_not}; see {part.name}.log")
        noise.start()
        rounds = _havoc(Havoc(stage, chance), limits)
        wrongs = _drain(stage, noise, limits.garbage)
        say("comparing")
        reckoning = reckon(stage, noise.sent)
        falls = stage.falls
    for fall in falls:
        say(f"fell: {fall}")
    figures: dict[str, float] = {"rounds": rounds, **reckoning.figures, "duplicates": noise.sent.duplicates}
    figures |= {"falls": len(falls), "stuck": len(wrongs), "seed": traffic.seed}
    return figures | {"seconds": round(time.monotonic() - began, 1)}, wrongs + reckoning.wrongs


def _havoc(havoc: Havoc, limits: Limits) -> int:
    """How many rounds it were."""
    until = time.monotonic() + limits.seconds
    rounds = 0
    while rounds < limits.rounds and time.monotonic() < until:
        rounds += 1
        havoc.round(rounds)
    return rounds


def _drain(stage: Stage, noise: Noise, garbage: int) -> list[str]:
    """Mend all, send what is left, end the edge, wait until the centre is done, and end it; in words what was stuck."""
    say("mended; waiting until everything has flowed off")
    stage.heal()
    stuck = [f"{part.name} is not ready: {why}" for part in stage.parts if (why := part.await_ready(DRAIN_S))]
    stage.sender.signal(signal.SIGUSR2)
    if not noise.end(DRAIN_S, garbage):
        stuck.append("the noise was not taken by the broker")
    for part in (stage.sender, stage.reader):
        stuck += _ended(stage, part)
    if not _until(lambda: waiting(stage.kafka) == 0, stage.ingests):
        stuck.append(f"{waiting(stage.kafka)} messages were not ingested within {DRAIN_S:.0f} s")
    stuck += [f"{part.name} is not ready at the end: {why}" for part in stage.ingests if (why := part.await_ready(30))]
    stuck += [f"{part.name} did not end" for part in stage.ingests if not part.end()]
    return stuck + _forwarded(stage, noise)


def _ended(stage: Stage, part: Part) -> list[str]:
    """A process of the edge, ended when its outbox is as good as empty; what its last words left there too."""
    path = stage.outbox(part)
    for _ in range(5):  # a reader publishes for 3 s after it was told to end, and its successor the rest
        if not _until(lambda: waiting_in(path) <= 5, [part]):
            return [f"{part.name}: {waiting_in(path)} records stay in its outbox"]
        if not _end_once_up(part):
            return [f"{part.name} did not end"]
        if waiting_in(path) == 0:
            return []
    return [f"{part.name}: its last records stay in its outbox"]


def _forwarded(stage: Stage, noise: Noise) -> list[str]:
    """Started anew, forward looks through all days, and does not wait out the pause after its last failure."""
    stuck = [] if stage.forward.end() else ["forward did not end"]
    with psycopg.connect(stage.database_url, autocommit=True) as conn:
        facts = Facts(stage, noise.sent, conn)
        if not _until(lambda: unsettled(facts) == 0, [stage.forward]):
            stuck.append(f"{unsettled(facts)} transits were not forwarded within {DRAIN_S:.0f} s")
    return stuck if _end_once_up(stage.forward) else [*stuck, "forward did not end in the end"]


def _end_once_up(part: Part) -> bool:
    """A process that starts just now does not heed signals yet: it would end by one, and count as one that fell."""
    part.await_ready(DRAIN_S)
    return part.end()


def _until(done: Callable[[], bool], parts: list[Part]) -> bool:
    """Keep these running until it is done; false when DRAIN_S was not enough."""
    deadline = time.monotonic() + DRAIN_S
    while True:
        for part in parts:
            part.keep()
        if done():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.3)


if __name__ == "__main__":
    main()
