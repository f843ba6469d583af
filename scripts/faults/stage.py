"""Everything of one run: a broker, a database, the links before them, a sender and two ingest processes."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from anpr.settings import KafkaSettings
from anpr.store.database import Database
from anpr.store.embedded import embedded_database
from anpr.store.entries import NewEntry, import_entries
from anpr.store.migrate import migrate
from anpr.store.watchlists import save_watchlist
from anpr.transport.kafka import create_topics
from scripts.faults.parts import Part, Postgres, python
from scripts.faults.proxy import Link, Network, State
from scripts.faults.sender import Orders
from scripts.faults.traffic import LISTED_EVERY, WATCHLIST, Traffic, plate_of
from tests.services.kafka import KafkaBroker, ensure_jars, free_ports

LISTENERS = {name: "PLAINTEXT" for name in ("LOCAL", "EDGE", "CENTRE", "CONTROLLER")}
PARTITIONS = 4
LISTED = 20_000
"""Numbers below this, and those the noise makes, may be on the watchlist."""
NOISE_FROM = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard it is."""

    seed: int
    rate: float = 20.0
    """Transits per second."""
    quota: int = 4 * 1024 * 1024
    """Bytes of the outbox: full after some twenty seconds without a broker."""


@dataclass
class Stage:
    """The parts that faults befall."""

    folder: Path
    traffic: Traffic
    broker: KafkaBroker
    postgres: Postgres
    database_url: str
    links: dict[str, Link]
    sender: Part
    ingests: list[Part]
    accepted: "Accepted"
    broker_lives: bool = True
    _idle: threading.Event = field(default_factory=threading.Event)

    @property
    def kafka(self) -> KafkaSettings:
        """Straight to the broker, past the links."""
        return KafkaSettings(bootstrap=self.broker.bootstrap, partitions=PARTITIONS)

    @property
    def images(self) -> Path:
        return self.folder / "images"

    def keep(self, seconds: float = 0.0) -> None:
        """Start what is not running, for so long."""
        while True:
            for part in (self.sender, *self.ingests):
                part.keep()
            if seconds <= 0:
                return
            self._idle.wait(min(0.2, seconds))
            seconds -= 0.2

    def heal(self) -> None:
        """All links open, all servers up."""
        for link in self.links.values():
            link.set(State.OPEN)
        self.postgres.start()
        if not self.broker_lives:
            self.broker.start()
            self.broker_lives = True

    def kill_broker(self) -> None:
        self.broker.kill()
        self.broker_lives = False

    @property
    def falls(self) -> list[str]:
        return [fall for part in (self.sender, *self.ingests) for fall in part.falls]


class Accepted:
    """The numbers the outbox accepted: 0 to `next`, without a gap."""

    def __init__(self) -> None:
        self.next = 0

    def hear(self, line: str) -> None:
        self.next = max(self.next, int(line) + 1)


@contextmanager
def staged(folder: Path, plan: Plan, traffic: Traffic) -> Iterator[Stage]:
    """All of it, running. Everything ends with the context."""
    ensure_jars()
    with ExitStack() as stack:
        url = stack.enter_context(embedded_database(folder / "postgres"))
        say("the database is up")
        _fill(url)
        broker = KafkaBroker(folder / "kafka", listeners=LISTENERS)
        edge, centre, database = free_ports(3)
        broker.advertise("EDGE", edge)
        broker.advertise("CENTRE", centre)
        stack.callback(broker.kill)
        broker.start()
        say("the broker is up")
        postgres = Postgres(folder / "postgres")
        network = stack.enter_context(Network().running())
        links = {
            "edge": network.link("edge", edge, lambda: broker.port("EDGE")),
            "centre": network.link("centre", centre, lambda: broker.port("CENTRE")),
            "database": network.link("database", database, lambda: postgres.socket),
        }
        accepted = Accepted()
        sender = _sender(folder, plan, traffic, edge, accepted)
        ingests = [_ingest(folder, number, centre, database) for number in (1, 2)]
        stage = Stage(folder, traffic, broker, postgres, url, links, sender, ingests, accepted)
        create_topics(stage.kafka)
        for part in (sender, *ingests):
            stack.callback(part.kill)
        yield stage


def say(what: str) -> None:
    """How it goes."""
    sys.stderr.write(f"chaos: {what}\n")
    sys.stderr.flush()


def _fill(url: str) -> None:
    migrate(url)
    numbers = [*range(0, LISTED, LISTED_EVERY), *range(NOISE_FROM, NOISE_FROM + LISTED, LISTED_EVERY)]
    with Database(url, pool_size=2, application="chaos") as database, database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate_of(number), reason="chaos") for number in numbers])


def _sender(folder: Path, plan: Plan, traffic: Traffic, port: int, accepted: Accepted) -> Part:
    def command() -> list[str]:
        orders = Orders(
            folder=str(folder),
            bootstrap=f"127.0.0.1:{port}",
            seed=traffic.seed,
            start=traffic.start.isoformat(),
            first=accepted.next,
            rate=plan.rate,
            quota=plan.quota,
        )
        return python("-m", "scripts.faults.sender", json.dumps(asdict(orders)))

    return Part("sender", folder / "sender.log", command, {}, accepted.hear)


def _ingest(folder: Path, number: int, kafka: int, database: int) -> Part:
    environment = {
        "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{database}/anpr?sslmode=disable",
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}",
        "ANPR_DATA_DIR": str(folder),
        "ANPR_KAFKA__PARTITIONS": str(PARTITIONS),
        # Here garbage is the weather, and comes in runs; that a run of it stops ingest has a test of its own.
        "ANPR_INGEST__MAX_POISON_RUN": "1000000",
    }
    name = f"ingest-{number}"
    return Part(name, folder / f"{name}.log", lambda: python("-m", "anpr", "ingest", "--json"), environment)
