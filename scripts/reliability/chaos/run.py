# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chaos test: kills and cuts off everything from the camera to the receiving centre; nothing may be lost or doubled.

    make chaos ARGS="[--quick] [--rounds 100] [--minutes 60] [--seed 1] [--garbage 10000] [--keep FOLDER]"
    python -m scripts.reliability.chaos.run …

A real Kafka broker, a real PostgreSQL, two `anpr ingest`, `anpr forward serve`, an `anpr reader` at a drawn street, and
a second one whose cameras are numbered transits. The seed determines which faults come when. Progress goes to standard
error; the last line of standard output is one JSON object. The exit status is 1 when something was lost or doubled, is
not what was sent, was counted wrongly, or did not end when told to; 2 when the test could not run.
"""

import random
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg

from anpr.runtime.clock import SystemClock
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.processes import ManagedProcess, keep_running_until
from scripts.reliability.chaos.background_traffic import Amounts, BackgroundTraffic
from scripts.reliability.chaos.environment import Environment, Plan, running_environment
from scripts.reliability.chaos.facts import Facts
from scripts.reliability.chaos.fault_injector import FAULTS, FaultInjector
from scripts.reliability.chaos.outbox_log import waiting_in
from scripts.reliability.chaos.topics import waiting
from scripts.reliability.chaos.traffic import BEHIND, Traffic
from scripts.reliability.chaos.verification.verify import verify
from scripts.reliability.chaos.verification.verify_ledger import unsettled_count

DRAIN_S = 400.0
QUICK_FAULTS_S = 10.0
QUICK_GARBAGE = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Faults end after `rounds` or `seconds`, whichever comes first; at least `garbage` invalid messages are sent."""

    rounds: int
    seconds: float
    garbage: int
    only: tuple[str, ...] = ()
    """Names of the faults to draw from; empty: all."""


@click.command(cls=Script, help=__doc__.splitlines()[0])
@click.option("--rounds", type=click.IntRange(1), default=100, show_default=True, help="Of faults, at most.")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Of faults, at most.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--garbage", type=click.IntRange(0), default=10_000, show_default=True, help="Messages, at least.")
@click.option("--only", multiple=True, type=click.Choice(list(FAULTS)), help="Only this fault; may be repeated.")
@click.option("--quick", is_flag=True, help="A few rounds, less than a minute in all.")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="A new folder to leave logs and data in."
)
def main(quick: bool, keep: Path | None, seed: int, minutes: float, **limited: Any) -> None:
    limits = Limits(seconds=minutes * 60, **limited)
    if quick:
        limits = replace(limits, seconds=QUICK_FAULTS_S, garbage=QUICK_GARBAGE)
    now = SystemClock().now().replace(microsecond=0)
    with _folder(keep) as folder:
        figures, problems = run(folder, Traffic(seed=seed, start=now - BEHIND), limits, _amounts(now))
    finish(figures, problems)


def _amounts(now: datetime) -> Amounts:
    """Amounts without expired transits around midnight, when retention could delete them during the verification."""
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
    """Run the chaos test; figures, and one message per problem. Raises ServerUnavailableError, CannotRunError."""
    began = time.monotonic()
    chance = random.Random(traffic.seed)
    with running_environment(folder, Plan(seed=traffic.seed), traffic) as environment:
        background = BackgroundTraffic(environment.kafka, traffic, environment.accepted, amounts)
        environment.keep_running()
        for process in environment.processes:
            if why_not := process.await_ready(DRAIN_S):
                raise CannotRunError(f"{process.name} does not start: {why_not}; see {process.name}.log (--keep)")
        background.start()
        rounds = _inject_faults(FaultInjector(environment, chance, only=limits.only), limits)
        problems = _drain(environment, background, limits.garbage)
        log("comparing")
        verification = verify(environment, background.sent)
        crashes, disks = environment.crashes, len(environment.disks)
    for crash in crashes:
        log(f"crashed: {crash}")
    figures: dict[str, float] = {
        "rounds": rounds,
        "disks": disks,
        **verification.figures,
        "duplicates": background.sent.duplicates,
    }
    figures |= {"falls": len(crashes), "stuck": len(problems), "seed": traffic.seed}
    return figures | {"seconds": round(time.monotonic() - began, 1)}, problems + verification.problems


def _inject_faults(injector: FaultInjector, limits: Limits) -> int:
    """Run rounds of faults until a limit is reached; their number."""
    until = time.monotonic() + limits.seconds
    rounds = 0
    while rounds < limits.rounds and time.monotonic() < until:
        rounds += 1
        injector.round(rounds)
    return rounds


def _drain(environment: Environment, background: BackgroundTraffic, garbage: int) -> list[str]:
    """Restore everything, send what is left, stop the edge, wait for the centre, stop it; messages on problems."""
    log("restored; waiting until everything is processed")
    environment.restore()
    stuck = _not_ready(environment.processes, DRAIN_S)
    environment.sender.signal(signal.SIGUSR2)
    if not background.end(DRAIN_S, garbage):
        stuck.append("the broker did not take the background traffic")
    for process in (environment.sender, environment.reader):
        stuck += _ended(environment, process)
    if not keep_running_until(lambda: waiting(environment.kafka) == 0, environment.ingests, DRAIN_S):
        stuck.append(f"{waiting(environment.kafka)} messages were not ingested within {DRAIN_S:.0f} s")
    stuck += _not_ready(environment.ingests, 30)
    stuck += [f"{process.name} did not end" for process in environment.ingests if not process.end()]
    return stuck + _forwarded(environment, background)


def _not_ready(processes: Sequence[ManagedProcess], timeout_s: float) -> list[str]:
    return [f"{each.name} is not ready: {why}" for each in processes if (why := each.await_ready(timeout_s))]


def _ended(environment: Environment, process: ManagedProcess) -> list[str]:
    """Stop a process of the edge once its outbox is empty, its last records included; messages on problems."""
    path = environment.outbox(process)
    for _ in range(5):  # a reader publishes for 3 s after it was told to end, and its successor the rest
        if not keep_running_until(lambda: waiting_in(path) <= 5, [process], DRAIN_S):
            return [f"{process.name}: {waiting_in(path)} records stay in its outbox"]
        if not _end_once_up(process):
            return [f"{process.name} did not end"]
        if waiting_in(path) == 0:
            return []
    return [f"{process.name}: its last records stay in its outbox"]


def _forwarded(environment: Environment, background: BackgroundTraffic) -> list[str]:
    """Restart forward, so that it checks all days without waiting for its backoff; messages on problems."""
    stuck = [] if environment.forward.end() else ["forward did not end"]
    with psycopg.connect(environment.database_url, autocommit=True) as conn:
        facts = Facts(environment, background.sent, conn)
        if not keep_running_until(lambda: unsettled_count(facts) == 0, [environment.forward], DRAIN_S):
            stuck.append(f"{unsettled_count(facts)} transits were not forwarded within {DRAIN_S:.0f} s")
    return stuck if _end_once_up(environment.forward) else [*stuck, "forward did not end in the end"]


def _end_once_up(process: ManagedProcess) -> bool:
    """Stop a process once it is ready: before that, it has no signal handler and would count as crashed."""
    process.await_ready(DRAIN_S)
    return process.end()


if __name__ == "__main__":
    main()
