# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fault injector: kills, stops and cuts off processes at random, one or two faults a round, and restores them."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.command import log
from scripts.lab.processes import ManagedProcess
from scripts.reliability.chaos.environment import Environment
from scripts.reliability.chaos.proxy import State

Fault = Callable[[Environment, random.Random], None]


def _kill(name: str, longest_s: float) -> Fault:
    def kill(environment: Environment, chance: random.Random) -> None:
        process: ManagedProcess = getattr(environment, name)
        process.kill(chance.uniform(0, longest_s))

    return kill


def _kill_one_ingest(environment: Environment, chance: random.Random) -> None:
    chance.choice(environment.ingests).kill(chance.uniform(0, 2))


def _kill_both_ingests(environment: Environment, chance: random.Random) -> None:
    for process in environment.ingests:
        process.kill(chance.uniform(0, 2))


def _stop_an_ingest_for_a_while(environment: Environment, chance: random.Random) -> None:
    chance.choice(environment.ingests).signal(signal.SIGSTOP)


def _kill_broker(environment: Environment, chance: random.Random) -> None:
    environment.kill_broker()
    environment.keep_running(chance.uniform(0, 2))


def _kill_postgres(environment: Environment, _: random.Random) -> None:
    with environment.disruption():
        environment.postgres.kill()


def _kill_a_database_process(environment: Environment, chance: random.Random) -> None:
    with environment.disruption():
        environment.postgres.kill_a_child(chance.choice)


def _cut(link: str) -> Fault:
    def cut(environment: Environment, chance: random.Random) -> None:
        with environment.disruption():
            environment.links[link].set(chance.choice((State.HANGING, State.REFUSING)))

    return cut


def _reset_all(environment: Environment, _: random.Random) -> None:
    with environment.disruption():
        for link in environment.links.values():
            link.reset()


def _fill_the_outbox(environment: Environment, _: random.Random) -> None:
    """Make more transits without a broker than the quota of the outbox holds images for."""
    if environment.sender.await_ready(10) is not None:  # before that, the signal would kill it
        return
    environment.links["edge"].set(State.REFUSING)
    environment.sender.signal(signal.SIGUSR1)
    environment.keep_running(3)


def _fill_a_disk(name: str) -> Fault:
    def fill(environment: Environment, _: random.Random) -> None:
        if (disk := environment.disks.get(name)) is not None and not disk.fill():
            log(f"the disk of {name} could not be filled")

    return fill


def _protect_the_images(environment: Environment, _: random.Random) -> None:
    if (disk := environment.disks.get("images")) is not None and not disk.write_protect():
        log("the disk of images was in use and stays writable")


FAULTS: dict[str, tuple[Fault, int]] = {
    "sender killed": (_kill("sender", 1), 3),
    "reader killed": (_kill("reader", 1), 2),
    "one ingest killed": (_kill_one_ingest, 3),
    "both ingests killed": (_kill_both_ingests, 1),
    "an ingest stopped for a while": (_stop_an_ingest_for_a_while, 2),
    "forward killed": (_kill("forward", 1), 2),
    "broker killed": (_kill_broker, 2),
    "postgres killed": (_kill_postgres, 2),
    "a process of postgres killed": (_kill_a_database_process, 2),
    "reader cut off from its camera": (_cut("camera"), 1),
    "sender and reader cut off from the broker": (_cut("edge"), 2),
    "ingest cut off from the broker": (_cut("centre"), 2),
    "ingest cut off from the database": (_cut("database"), 2),
    "forward cut off from the database": (_cut("ledger"), 2),
    "all connections reset": (_reset_all, 2),
    "outbox filled": (_fill_the_outbox, 1),
    "the outbox's disk full": (_fill_a_disk("outbox"), 1),
    "the images' disk full": (_fill_a_disk("images"), 1),
    "the images' disk read-only": (_protect_the_images, 1),
}
"""By name: what it does, and how often it is drawn, relative to the others."""


@dataclass
class FaultInjector:
    """Injects faults into an environment, round by round."""

    environment: Environment
    chance: random.Random
    longest_s: float = 3.0
    """Longest duration of the faults of a round, in seconds."""
    done: Counter[str] = field(default_factory=Counter)
    only: tuple[str, ...] = ()
    """Names of FAULTS to draw from; empty: all."""

    def round(self, number: int) -> None:
        """Inject one or two faults at once, wait, restore everything, and wait again."""
        names = self._draw()
        log(f"round {number}: {' and '.join(names)}; {self.environment.accepted.next} transits so far")
        for name in names:
            FAULTS[name][0](self.environment, self.chance)
            self.done[name] += 1
        self.environment.keep_running(self.chance.uniform(0.3, self.longest_s))
        self.environment.restore()
        for process in self.environment.ingests:
            process.signal(signal.SIGCONT)
        self.environment.keep_running(self.chance.uniform(0.3, self.longest_s))

    def _draw(self) -> list[str]:
        number = self.chance.choice((1, 1, 2))
        drawn = {name: weight for name, (_, weight) in FAULTS.items() if not self.only or name in self.only}
        return sorted(set(self.chance.choices(list(drawn), list(drawn.values()), k=number)))
