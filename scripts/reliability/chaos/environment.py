# SPDX-License-Identifier: AGPL-3.0-or-later
"""Test environment of one chaos run: broker, database, camera, TCP proxies, sender, reader, two ingests and forward."""

import json
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
from scripts.command import log
from scripts.lab import street
from scripts.lab.kafka import KafkaBroker, ensure_jars
from scripts.lab.ports import free_ports
from scripts.lab.process_metrics import scraping
from scripts.lab.processes import ManagedProcess, Postgres, python
from scripts.reliability.chaos import reader_process, receiving_centre
from scripts.reliability.chaos.commits import install_commit_log
from scripts.reliability.chaos.disks import Disk, mounted
from scripts.reliability.chaos.outbox_log import install_outbox_log
from scripts.reliability.chaos.proxy import Link, Network, State
from scripts.reliability.chaos.receiving_centre import ReceivingCentre
from scripts.reliability.chaos.sender import SenderOptions
from scripts.reliability.chaos.traffic import LISTED_EVERY, READER, WATCHLIST, Traffic, number_of, plate_of

LISTENERS = {name: "PLAINTEXT" for name in ("LOCAL", "EDGE", "CENTRE", "CONTROLLER")}
PARTITIONS = 4
LISTED = 20_000
"""Transit numbers below this, and as many from BACKGROUND_FROM on, may be on the watchlist."""
BACKGROUND_FROM = 10_000_000
DESTINATION = "receiver"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Load of one run."""

    seed: int
    rate: float = 20.0
    """Transits per second."""
    quota: int = 4 * 1024 * 1024
    """Size of the outbox in bytes: full after some twenty seconds without a broker."""


@dataclass(frozen=True, kw_only=True)
class Disruption:
    """A time span (seconds since 1970) in which a process may have lost the answer to a commit."""

    began: float
    ended: float


@dataclass
class Environment:
    """The running system, and what the fault injector needs to break and restore it."""

    folder: Path
    traffic: Traffic
    broker: KafkaBroker
    postgres: Postgres
    database_url: str
    links: dict[str, Link]
    sender: ManagedProcess
    reader: ManagedProcess
    ingests: list[ManagedProcess]
    forward: ManagedProcess
    receiver: ReceivingCentre
    accepted: "AcceptedCounter"
    disks: dict[str, Disk]
    """By what lies on it; empty where this user may not mount one."""
    broker_lives: bool = True
    disruptions: list[Disruption] = field(default_factory=list)
    _idle: threading.Event = field(default_factory=threading.Event)

    @property
    def kafka(self) -> KafkaSettings:
        """Settings that connect to the broker directly, not through a proxy."""
        return KafkaSettings(bootstrap=self.broker.bootstrap, partitions=PARTITIONS)

    @property
    def images(self) -> Path:
        return self.folder / "images"

    @property
    def processes(self) -> list[ManagedProcess]:
        return [self.sender, self.reader, *self.ingests, self.forward]

    def outbox(self, process: ManagedProcess) -> Path:
        """Path of the outbox of the sender or the reader."""
        return outbox_of(self.folder, READER if process is self.sender else reader_process.READER)

    def keep_running(self, seconds: float = 0.0) -> None:
        """Restart whatever is not running, again and again for `seconds`."""
        while True:
            for process in self.processes:
                process.keep_running()
            if seconds <= 0:
                return
            self._idle.wait(min(0.2, seconds))
            seconds -= 0.2

    def restore(self) -> None:
        """End every fault: open all links, make room on all disks, start all servers."""
        for disk in self.disks.values():
            disk.restore()
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
    def disruption(self) -> Iterator[None]:
        """Record the duration of the block as a Disruption."""
        began = time.time()
        try:
            yield
        finally:
            self.disruptions.append(Disruption(began=began, ended=time.time()))

    @property
    def crashes(self) -> list[str]:
        return [crash for process in self.processes for crash in process.crashes]


class AcceptedCounter:
    """Counts the transits that the sender's outbox accepted: all numbers below `next`, without a gap."""

    def __init__(self) -> None:
        self.next = 0

    def on_line(self, line: str) -> None:
        self.next = max(self.next, number_of(UUID(line)) + 1)


@contextmanager
def running_environment(folder: Path, plan: Plan, traffic: Traffic) -> Iterator[Environment]:
    """Start everything; stop everything when the block ends. Raises ServerUnavailableError."""
    ensure_jars()
    with ExitStack() as stack:
        camera = stack.enter_context(reader_process.street(folder))
        log("the street is drawn")
        url = stack.enter_context(embedded_database(folder / "postgres", revive=False))
        log("the database is up")
        disks = {name: stack.enter_context(mounted(where)) for name, where in _disks(folder).items()}
        _fill(url)
        broker = KafkaBroker(folder / "kafka", listeners=LISTENERS)
        ports = dict(zip(("edge", "centre", "database", "ledger", "camera"), free_ports(5), strict=True))
        broker.advertise("EDGE", ports["edge"])
        broker.advertise("CENTRE", ports["centre"])
        stack.callback(broker.kill)
        broker.start()
        log("the broker is up")
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
        accepted = AcceptedCounter()
        probes = free_ports(5)
        sender = _sender(folder, plan, traffic, ports["edge"], probes[0], accepted)
        reader = _reader(folder, ports["edge"], ports["camera"], probes[1])
        ingests = [_ingest(folder, number, ports["centre"], ports["database"], probes[1 + number]) for number in (1, 2)]
        receiver = ReceivingCentre(folder / "forwarded")
        forward = _forward(folder, ports["ledger"], probes[4])
        environment = Environment(
            folder, traffic, broker, postgres, url, links, sender, reader, ingests, forward, receiver, accepted,
            {name: disk for name, disk in disks.items() if disk is not None},
        )  # fmt: skip
        create_topics(environment.kafka)
        stack.enter_context(environment.receiver.open())
        stack.enter_context(scraping([process.runs for process in environment.processes]))
        for process in environment.processes:
            stack.callback(process.kill)
        yield environment


def _disks(folder: Path) -> dict[str, Path]:
    return {"images": folder / "images", "outbox": outbox_of(folder, READER).parent}


def _fill(url: str) -> None:
    migrate(url)
    numbers = [*range(0, LISTED, LISTED_EVERY), *range(BACKGROUND_FROM, BACKGROUND_FROM + LISTED, LISTED_EVERY)]
    plates = [*(plate_of(number) for number in numbers), street.PLATE]
    with Database(url, pool_size=2, application="chaos") as database, database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="chaos") for plate in plates])
    with psycopg.connect(url) as conn:
        install_commit_log(conn, [login_of(name) for name in ("ingest-1", "ingest-2", "forward")])


def login_of(process: str) -> str:
    """Database user of a process: each has its own, so that commits can be attributed."""
    return process.replace("-", "_")


def outbox_of(folder: Path, reader: str) -> Path:
    """Path of the outbox of the reader with this id; each has a data folder of its own, as on a machine of its own."""
    return folder / reader / "outbox.sqlite"


def _sender(
    folder: Path, plan: Plan, traffic: Traffic, kafka: int, port: int, accepted: AcceptedCounter
) -> ManagedProcess:
    path = outbox_of(folder, READER)
    install_outbox_log(path)

    def command() -> list[str]:
        options = SenderOptions(
            seed=traffic.seed,
            start=traffic.start.isoformat(),
            first=accepted.next,
            rate=plan.rate,
            quota=plan.quota,
        )
        return python("-m", "scripts.reliability.chaos.sender", json.dumps(asdict(options)))

    variables = {"KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}", "ANPR_DATA_DIR": str(path.parent)}
    return ManagedProcess("sender", folder, command, variables | {"ANPR_READER__ID": READER}, port, accepted.on_line)


def _reader(folder: Path, kafka: int, camera: int, port: int) -> ManagedProcess:
    settings = reader_process.write_settings(folder, camera)
    variables = {"KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}", "ANPR_CONFIG": str(settings)}
    return ManagedProcess("reader", folder, lambda: python("-m", "anpr", "reader"), variables, port)


def _database_url(process: str, port: int) -> str:
    return f"postgresql://{login_of(process)}@127.0.0.1:{port}/anpr?sslmode=disable"


def _ingest(folder: Path, number: int, kafka: int, database: int, port: int) -> ManagedProcess:
    name = f"ingest-{number}"
    variables = {
        "DATABASE_URL": _database_url(name, database),
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}",
        "ANPR_DATA_DIR": str(folder),
        "ANPR_KAFKA__PARTITIONS": str(PARTITIONS),
        # Each invalid message is looked for afterwards.
        "ANPR_INGEST__DEAD_LETTERS_PER_READER": "1000000",
        "ANPR_INGEST__DEAD_LETTER_MB_PER_READER": "100000",
    }
    return ManagedProcess(name, folder, lambda: python("-m", "anpr", "ingest"), variables, port)


def _forward(folder: Path, database: int, port: int) -> ManagedProcess:
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
    variables = {"DATABASE_URL": _database_url("forward", database), "ANPR_CONFIG": str(settings)}
    return ManagedProcess("forward", folder, lambda: python("-m", "anpr", "forward", "serve"), variables, port)
