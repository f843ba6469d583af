"""A real Apache Kafka for the tests: one KRaft node of its own, or the broker that KAFKA_BOOTSTRAP names."""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
JARS = REPOSITORY / ".cache" / "kafka"
POM = REPOSITORY / "tests" / "services" / "pom.xml"
START_TIMEOUT_S = 90
FETCH_TIMEOUT_S = 150

_PROPERTIES = """
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=2097152
"""


class BrokerUnavailableError(Exception):
    """There is no broker, and the text says in plain words what is missing."""


class KafkaBroker:
    """One broker process on free ports of this machine. It keeps its data and ports over `kill` and `start`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._controller = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"

    @property
    def bootstrap(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self._port}"

    @property
    def log(self) -> str:
        """The end of what the broker said."""
        path = self._folder / "broker.log"
        return path.read_text(errors="replace")[-4000:] if path.exists() else "(no log)"

    def start(self) -> None:
        """Start, or start again; returns when it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if not self._properties.exists():
            self._format()
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)),
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        self._wait_until_it_answers()

    def kill(self) -> None:
        """End it with SIGKILL: a broker that lost its power."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
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

    def _format(self) -> None:
        values = {"port": self._port, "controller": self._controller, "data": self._folder / "data"}
        self._properties.write_text(_PROPERTIES.format(**values))
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ("format", "--standalone", "-t", cluster, "-c", str(self._properties))
        done = subprocess.run(
            self._java("kafka.tools.StorageTool", *arguments), capture_output=True, check=False, timeout=START_TIMEOUT_S
        )
        if done.returncode:
            self._properties.unlink()
            raise AssertionError(
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
        while not answers(self.bootstrap):
            if self._process is None or self._process.poll() is not None:
                raise AssertionError(f"the Kafka broker ended while it started:\n{self.log}")
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the Kafka broker did not answer in {START_TIMEOUT_S} s:\n{self.log}")
            time.sleep(0.1)


def answers(bootstrap: str) -> bool:
    """Whether a broker there lists its topics within two seconds."""
    host, _, port = bootstrap.rpartition(":")
    try:
        # kafka-python leaves its socket open when nobody listens, and a later test would be blamed for that.
        socket.create_connection((host, int(port)), timeout=2).close()
    except OSError:
        return False
    from kafka.admin import KafkaAdminClient  # here: takes a second, and most runs of pytest need no broker
    from kafka.errors import KafkaError

    try:
        with contextlib.closing(KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=2000)) as admin:
            admin.list_topics()
    except KafkaError:
        return False
    return True


def ensure_jars() -> None:
    """Fetch the broker's jars unless they are there. Raises BrokerUnavailableError in plain words."""
    missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
    stamp = hashlib.sha256(POM.read_bytes()).hexdigest()
    if (JARS / ".stamp").exists() and (JARS / ".stamp").read_text().strip() == stamp and "java" not in missing:
        return
    if missing:
        raise BrokerUnavailableError(
            f"no Apache Kafka: {' and '.join(missing)} missing, and KAFKA_BOOTSTRAP is not set"
        )
    shutil.rmtree(JARS, ignore_errors=True)
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=FETCH_TIMEOUT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
        raise BrokerUnavailableError(f"no Apache Kafka: Maven could not fetch it ({type(exc).__name__})") from exc
    (JARS / ".stamp").write_text(f"{stamp}\n")


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture(scope="session")
def kafka_bootstrap() -> Iterator[str]:
    """host:port of a broker for the whole session; give your topics a prefix of your own."""
    outside = os.environ.get("KAFKA_BOOTSTRAP")
    if outside:
        yield outside
        return
    with own_broker() as broker:
        yield broker.bootstrap


@pytest.fixture
def kafka_broker() -> Iterator[KafkaBroker]:
    """A broker of the test's own, to kill and start again."""
    with own_broker() as broker:
        yield broker


@contextlib.contextmanager
def own_broker() -> Iterator[KafkaBroker]:
    """A running broker; skips the test where there can be none."""
    try:
        ensure_jars()
    except BrokerUnavailableError as exc:
        pytest.skip(str(exc))
    with tempfile.TemporaryDirectory(prefix="anpr-kafka-") as folder:
        broker = KafkaBroker(Path(folder))
        try:
            broker.start()
            yield broker
        finally:
            broker.kill()
