"""What befalls the parts: faults drawn by chance, one or two a round, healed at its end."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.reliability.chaos.environment import Stage, say
from scripts.reliability.chaos.processes import Part
from scripts.reliability.chaos.proxy import State

Fault = Callable[[Stage, random.Random], None]


def _kill(name: str, longest_s: float) -> Fault:
    def kill(stage: Stage, chance: random.Random) -> None:
        part: Part = getattr(stage, name)
        part.kill(chance.uniform(0, longest_s))

    return kill


def _kill_one_ingest(stage: Stage, chance: random.Random) -> None:
    chance.choice(stage.ingests).kill(chance.uniform(0, 2))


def _kill_both_ingests(stage: Stage, chance: random.Random) -> None:
    for part in stage.ingests:
        part.kill(chance.uniform(0, 2))


def _stop_an_ingest_for_a_while(stage: Stage, chance: random.Random) -> None:
    chance.choice(stage.ingests).signal(signal.SIGSTOP)


def _kill_broker(stage: Stage, chance: random.Random) -> None:
    stage.kill_broker()
    stage.keep(chance.uniform(0, 2))


def _kill_postgres(stage: Stage, _: random.Random) -> None:
    with stage.blow():
        stage.postgres.kill()


def _kill_a_database_process(stage: Stage, chance: random.Random) -> None:
    with stage.blow():
        stage.postgres.kill_a_child(chance.choice)


def _cut(link: str) -> Fault:
    def cut(stage: Stage, chance: random.Random) -> None:
        with stage.blow():
            stage.links[link].set(chance.choice((State.HANGING, State.REFUSING)))

    return cut


def _reset_all(stage: Stage, _: random.Random) -> None:
    with stage.blow():
        for link in stage.links.values():
            link.reset()


def _fill_the_outbox(stage: Stage, _: random.Random) -> None:
    """So many transits without a broker that the quota does not hold their pictures."""
    if stage.sender.await_ready(10) is not None:  # before that, the signal would kill it
        return
    stage.links["edge"].set(State.REFUSING)
    stage.sender.signal(signal.SIGUSR1)
    stage.keep(3)


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
}
"""By name: what it does, and how often it is drawn, relative to the others."""


@dataclass
class Havoc:
    """Rounds of faults."""

    stage: Stage
    chance: random.Random
    longest_s: float = 3.0
    """How long the faults of a round last at most."""
    done: Counter[str] = field(default_factory=Counter)

    def round(self, number: int) -> None:
        """One or two faults at once, some time with them, and all is mended; then some time in peace."""
        names = self._draw()
        say(f"round {number}: {' and '.join(names)}; {self.stage.accepted.next} transits so far")
        for name in names:
            FAULTS[name][0](self.stage, self.chance)
            self.done[name] += 1
        self.stage.keep(self.chance.uniform(0.3, self.longest_s))
        self.stage.heal()
        for part in self.stage.ingests:
            part.signal(signal.SIGCONT)
        self.stage.keep(self.chance.uniform(0.3, self.longest_s))

    def _draw(self) -> list[str]:
        number = self.chance.choice((1, 1, 2))
        weights = [weight for _, weight in FAULTS.values()]
        return sorted(set(self.chance.choices(list(FAULTS), weights, k=number)))
