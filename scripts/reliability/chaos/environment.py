"""Everything of one run: broker, database, camera, the links before them, sender, reader, two ingests and forward."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import yaml

from anpr.settings import KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.kafka import create_topics
from scripts.lab.kafka import KafkaBroker, ensure_jars
from scripts.lab.ports import free_ports
from scripts.reliability.chaos import reader_process, receiving_centre
from scripts.reliability.chaos.commits import begin_commits
from scripts.reliability.chaos.outbox_log import begin_chronicle
from scripts.reliability.chaos.process_metrics import watched
from scripts.reliability.chaos.processes import Part, Postgres, python
from scripts.reliability.chaos.proxy import Link, Network, State
from scripts.reliability.chaos.receiving_centre import Office
from scripts.reliability.chaos.sender import Orders
from scripts.reliability.chaos.traffic import LISTED_EVERY, READER, WATCHLIST, Traffic, number_of, plate_of

LISTENERS = {name: "PLAINTEXT" for name in ("LOCAL", "EDGE", "CENTRE", "CONTROLLER")}
PARTITIONS = 4
LISTED = 20_000
"""Numbers below this, and those the noise makes, may be on the watchlist."""
NOISE_FROM = 10_000_000
DESTINATION = "office"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How hard it is."""

    seed: int
    rate: float = 20.0
    """Transits per second."""
    quota: int = 4 * 1024 * 1024
    """Bytes of the outbox: full after some twenty seconds without a broker."""


@dataclass(frozen=True, kw_only=True)
class Blow:
    """Something that may have cost a process the answer to a commit, from its beginning to its end (s since 1970)."""

    began: float
    ended: float


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
    reader: Part
    ingests: list[Part]
    forward: Part
    office: Office
    accepted: "Accepted"
    broker_lives: bool = True
    blows: list[Blow] = field(default_factory=list)
    _idle: threading.Event = field(default_factory=threading.Event)

    @property
    def kafka(self) -> KafkaSettings:
        """Straight to the broker, past the links."""
        return KafkaSettings(bootstrap=self.broker.bootstrap, partitions=PARTITIONS)

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def parts(self) -> list[Part]:
        return [self.sender, self.reader, *self.ingests, self.forward]

    def outbox(self, part: Part) -> Path:
        """Of the sender or the reader."""
        return outbox_of(self.folder, READER if part is self.sender else reader_process.READER)

    def keep(self, seconds: float = 0.0) -> None:
        """Start what is not running, for so long."""
        while True:
            for part in self.parts:
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

    @contextmanager
    def blow(self) -> Iterator[None]:
        """What happens within may cost a process the answer to a commit."""
        began = time.time()
        try:
            yield
        finally:
            self.blows.append(Blow(began=began, ended=time.time()))

    @property
    def falls(self) -> list[str]:
        return [fall for part in self.parts for fall in part.falls]


class Accepted:
    """The numbers that the sender's outbox took: 0 to `next`, without a gap."""

    def __init__(self) -> None:
        self.next = 0

    def hear(self, line: str) -> None:
        self.next = max(self.next, number_of(UUID(line)) + 1)


@contextmanager
def staged(folder: Path, plan: Plan, traffic: Traffic) -> Iterator[Stage]:
    """All of it, running. Everything ends with the context."""
    ensure_jars()
    with ExitStack() as stack:
        camera = stack.enter_context(reader_process.street(folder))
        say("the street is drawn")
        url = stack.enter_context(embedded_database(folder / "postgres"))
        say("the database is up")
        _fill(url)
        broker = KafkaBroker(folder / "kafka", listeners=LISTENERS)
        ports = dict(zip(("edge", "centre", "database", "ledger", "camera"), free_ports(5), strict=True))
        broker.advertise("EDGE", ports["edge"])
        broker.advertise("CENTRE", ports["centre"])
        stack.callback(broker.kill)
        broker.start()
        say("the broker is up")
        postgres = Postgres(folder / "postgres")
        network = stack.enter_context(Network().running())
        targets: dict[str, Any] = {
            "edge": lambda: broker.port("EDGE"),
            "centre": lambda: broker.port("CENTRE"),
            "database": lambda: postgres.socket,
            "ledger": lambda: postgres.socket,
            "camera": lambda: camera.port,
        }
        links = {name: network.link(name, ports[name], target) for name, target in targets.items()}
        accepted = Accepted()
        probes = free_ports(5)
        sender = _sender(folder, plan, traffic, ports["edge"], probes[0], accepted)
        reader = _reader(folder, ports["edge"], ports["camera"], probes[1])
        ingests = [_ingest(folder, number, ports["centre"], ports["database"], probes[1 + number]) for number in (1, 2)]
        taker = Office(folder / "forwarded")
        forward = _forward(folder, ports["ledger"], probes[4])
        stage = Stage(folder, traffic, broker, postgres, url, links, sender, reader, ingests, forward, taker, accepted)
        create_topics(stage.kafka)
        stack.enter_context(taker.open())
        stack.enter_context(watched([part.lives for part in stage.parts]))
        for part in stage.parts:
            stack.callback(part.kill)
        yield stage


def say(what: str) -> None:
    """How it goes."""
    sys.stderr.write(f"chaos: {what}\n")
    sys.stderr.flush()


def _fill(url: str) -> None:
    migrate(url)
    numbers = [*range(0, LISTED, LISTED_EVERY), *range(NOISE_FROM, NOISE_FROM + LISTED, LISTED_EVERY)]
    plates = [*(plate_of(number) for number in numbers), reader_process.PLATE]
    with Database(url, pool_size=2, application="chaos") as database, database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="chaos") for plate in plates])
    with psycopg.connect(url) as conn:
        begin_commits(conn, [login_of(name) for name in ("ingest-1", "ingest-2", "forward")])


def login_of(part: str) -> str:
    """As whom a process comes to the database."""
    return part.replace("-", "_")


def outbox_of(folder: Path, reader: str) -> Path:
    """Of the sender and of the reader: each on a machine of its own, so to speak."""
    return folder / reader / "outbox.sqlite"


def _sender(folder: Path, plan: Plan, traffic: Traffic, kafka: int, port: int, accepted: Accepted) -> Part:
    path = outbox_of(folder, READER)
    begin_chronicle(path)

    def command() -> list[str]:
        orders = Orders(
            seed=traffic.seed,
            start=traffic.start.isoformat(),
            first=accepted.next,
            rate=plan.rate,
            quota=plan.quota,
        )
        return python("-m", "scripts.reliability.chaos.sender", json.dumps(asdict(orders)))

    environment = {"KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}", "ANPR_DATA_DIR": str(path.parent)}
    return Part("sender", folder, command, environment | {"ANPR_READER__ID": READER}, port, accepted.hear)


def _reader(folder: Path, kafka: int, camera: int, port: int) -> Part:
    settings = reader_process.write_settings(folder, camera)
    environment = {"KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}", "ANPR_CONFIG": str(settings)}
    return Part("reader", folder, lambda: python("-m", "anpr", "reader"), environment, port)


def _database_url(part: str, port: int) -> str:
    return f"postgresql://{login_of(part)}@127.0.0.1:{port}/anpr?sslmode=disable"


def _ingest(folder: Path, number: int, kafka: int, database: int, port: int) -> Part:
    name = f"ingest-{number}"
    environment = {
        "DATABASE_URL": _database_url(name, database),
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}",
        "ANPR_DATA_DIR": str(folder),
        "ANPR_KAFKA__PARTITIONS": str(PARTITIONS),
        # Here garbage is the weather, and comes in runs; that a run of it stops ingest has a test of its own.
        "ANPR_INGEST__MAX_POISON_RUN": "1000000",
    }
    return Part(name, folder, lambda: python("-m", "anpr", "ingest"), environment, port)


def _forward(folder: Path, database: int, port: int) -> Part:
    profile, settings = folder / "profile.yaml", folder / "forward.yaml"
    profile.write_text(receiving_centre.PROFILE)
    destination = {
        "id": DESTINATION,
        "profile": str(profile),
        "target": {"kind": "directory", "path": str(folder / "forwarded")},
        "every_s": 1.0,
        "protocol": "chaos",
        "protocol_until": "2099-12-31",
    }
    settings.write_text(yaml.safe_dump({"data_dir": str(folder), "forwarding": [destination]}))
    environment = {"DATABASE_URL": _database_url("forward", database), "ANPR_CONFIG": str(settings)}
    return Part("forward", folder, lambda: python("-m", "anpr", "forward", "serve"), environment, port)
