# SPDX-License-Identifier: AGPL-3.0-or-later
"""Apache Kafka server for tests and benchmarks: one KRaft node as a process, to kill and start again. Needs Java."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.lab.jars import ServerStartError, fetch_jars
from scripts.lab.ports import free_ports
from scripts.repository import REPOSITORY

JARS = REPOSITORY / ".cache" / "kafka"
POM = Path(__file__).with_name("kafka-pom.xml")
START_TIMEOUT_S = 240
"""Generous, for a machine four times slower that does something else: a quiet one takes five seconds."""
_TRIES = 3
"""To find ports that no other program takes before the broker listens."""

_PROPERTIES = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "log.cleaner.dedupe.buffer.size": "2097152",
}
_PLAIN = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}


class KafkaBroker:
    """One broker process on free ports of this machine. It keeps its data and ports over `kill` and a later `start`.

    `listeners` gives each listener's security protocol; the first is ours, CONTROLLER the controller's. `properties`
    are added to the broker's; `scram` are users it is born with, as its storage tool takes them; `client` is what
    kafka-python needs beside the address to log in.
    """

    def __init__(
        self,
        folder: Path,
        *,
        listeners: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
        scram: Sequence[str] = (),
        client: Mapping[str, Any] | None = None,
    ) -> None:
        self._folder = folder
        self._listeners = dict(_PLAIN if listeners is None else listeners)
        self._ports = dict(zip(self._listeners, free_ports(len(self._listeners)), strict=True))
        self._more = dict(properties or {})
        self._scram = tuple(scram)
        self._client = dict(client or {})
        self._advertised: dict[str, int] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"

    @property
    def bootstrap(self) -> str:
        """host:port of the first listener."""
        return f"127.0.0.1:{self.port(next(iter(self._listeners)))}"

    @property
    def log(self) -> str:
        """The end of the broker's log."""
        path = self._folder / "broker.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else "(no log)"

    def port(self, listener: str) -> int:
        """Port of this listener."""
        return self._ports[listener]

    def advertise(self, listener: str, port: int) -> None:
        """Before the first start: tell the clients of this listener to come to another port, where a proxy stands."""
        self._advertised[listener] = port

    def start(self) -> None:
        """Start, or start again; returns when it answers. Raises ServerStartError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._properties.exists():
            self._start()
        else:
            self._start_on_free_ports()

    def _start_on_free_ports(self) -> None:
        for tries_left in reversed(range(_TRIES)):
            self._format()
            try:
                self._start()
            except ServerStartError as exc:
                if not tries_left or not exc.is_port_taken:
                    raise
                self._take_other_ports()
            else:
                return

    def _take_other_ports(self) -> None:
        """And a new log, because the controller's port is written in its storage."""
        self._ports = dict(zip(self._listeners, free_ports(len(self._listeners)), strict=True))
        self._properties.unlink()
        shutil.rmtree(self._folder / "data", ignore_errors=True)

    def _start(self) -> None:
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)),
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        self._wait_until_it_answers()

    def kill(self) -> None:
        """End it with SIGKILL, as a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it with SIGTERM."""
        self._end(signal.SIGTERM)

    def _end(self, sign: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(sign)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(15)
        self._process = None

    def _all_properties(self) -> dict[str, str]:
        return {
            **_PROPERTIES,
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in self._ports.items()),
            "advertised.listeners": ",".join(
                f"{name}://127.0.0.1:{self._advertised.get(name, port)}"
                for name, port in self._ports.items()
                if name != "CONTROLLER"
            ),
            "listener.security.protocol.map": ",".join(f"{name}:{what}" for name, what in self._listeners.items()),
            "inter.broker.listener.name": next(iter(self._listeners)),
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self._ports['CONTROLLER']}",
            "log.dirs": str(self._folder / "data"),
            **self._more,
        }

    def _format(self) -> None:
        self._properties.write_text("".join(f"{name}={value}\n" for name, value in self._all_properties().items()))
        self._properties.chmod(0o600)
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # In one word: an id may begin with a dash.
        arguments = ["format", "--standalone", f"--cluster-id={cluster}", "-c", str(self._properties)]
        arguments += [part for user in self._scram for part in ("--add-scram", user)]
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", *arguments), capture_output=True, check=False, timeout=START_TIMEOUT_S
        )
        if done.returncode:
            self._properties.unlink()
            raise ServerStartError(
                f"Kafka storage could not be formatted: {(done.stdout + done.stderr).decode()[-2000:]}"
            )

    @staticmethod
    def _java(main_class: str, *arguments: str) -> list[str]:
        # Small and quick to start: two cores are shared with the database, the browser and the code under test.
        options = ("-Xmx384m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")
        log = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true")
        # A test run that is killed leaves no broker behind.
        guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        return [*guard, "java", *options, *log, "-cp", f"{JARS}/*", main_class, *arguments]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not answers(self.bootstrap, **self._client):
            if self._process is None or self._process.poll() is not None:
                raise ServerStartError(f"the Kafka broker ended while it started:\n{self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServerStartError(f"the Kafka broker did not answer in {START_TIMEOUT_S} s:\n{self.log}")
            time.sleep(0.1)


def answers(bootstrap: str, **client: Any) -> bool:
    """Whether a broker there lists its topics within two seconds; `client` is what kafka-python needs to log in."""
    host, _, port = bootstrap.rpartition(":")
    try:
        # Asked first: kafka-python goes on trying for its two seconds where nobody listens.
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    from kafka.admin import KafkaAdminClient  # here: takes a second, and most runs of pytest need no broker
    from kafka.errors import KafkaError

    from anpr.transport.kafka.client import connect

    try:
        options = {"bootstrap_servers": bootstrap, "bootstrap_timeout_ms": 2000, **client}
        with contextlib.closing(connect(KafkaAdminClient, **options)) as admin:
            admin.list_topics()
    except KafkaError:
        return False
    return True


def ensure_jars() -> None:
    """Fetch the broker's jars unless they are there. Raises ServerUnavailableError."""
    fetch_jars("Apache Kafka (and KAFKA_BOOTSTRAP is not set)", POM, JARS)
