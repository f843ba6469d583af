# SPDX-License-Identifier: AGPL-3.0-or-later
"""TLS, logins and rights on the way to Kafka and to PostgreSQL, set up as docs/hardening.md says."""

import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.errors import StoreError, TransportError
from anpr.runtime.clock import SystemClock
from anpr.settings import KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.embedded.server import Server, find_server
from anpr.transport.kafka import DEADLETTER_TOPIC, KafkaPublisher, KafkaSource, create_topics
from anpr.transport.records import OutboxRecord
from scripts.lab.acls import parse_acls
from scripts.lab.certificates import Authority, Issued
from scripts.lab.jars import ServerUnavailableError
from scripts.lab.kafka import KafkaBroker, ensure_jars
from scripts.lab.ports import free_ports
from scripts.lab.transits import make_transit
from tests.support.waiting import eventually

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "hardening.md"
LISTENERS = {"SITE": "SASL_SSL", "INTERNAL": "SSL", "CONTROLLER": "SSL"}
HERE = "127.0.0.1"
PASSWORDS = {"admin": "admin-secret", "reader-1": "reader-secret", "ingest": "ingest-secret"}
CLOCK = SystemClock()
HEALTH_TOPIC = "anpr.health"
PATIENCE_S = 240.0
TLS_ALERT = 21


def documented(language: str, first: str) -> str:
    """The block of docs/hardening.md in this language that begins with this word."""
    blocks = re.findall(rf"```{language}\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(first)]
    return str(block)


def properties(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in text.splitlines())}


@dataclass(frozen=True, kw_only=True)
class Secured:
    """A broker as documented, and who may come."""

    broker: KafkaBroker
    authority: Authority

    def settings(self, user: str, **changes: Any) -> KafkaSettings:
        values = {
            "bootstrap": self.broker.bootstrap,
            "security_protocol": "SASL_SSL",
            "ca_file": str(self.authority.certificate),
            "username": user,
            "password": PASSWORDS[user],
            "partitions": 1,
        }
        return KafkaSettings.model_validate(values | changes)


@pytest.fixture(scope="module")
def secured() -> Iterator[Secured]:
    try:
        ensure_jars()
    except ServerUnavailableError as exc:
        pytest.skip(str(exc))
    with TemporaryDirectory(prefix="anpr-kafka-tls-") as name:
        folder = Path(name)
        authority = Authority(folder, "ca")
        issued = authority.issue("broker-1", HERE)
        files = {"ssl.keystore.location": str(issued.both), "ssl.truststore.location": str(authority.certificate)}
        broker = KafkaBroker(
            folder / "kafka",
            listeners=LISTENERS,
            properties=properties(documented("properties", "listener.security")) | files,
            scram=[f"SCRAM-SHA-512=[name={user},password={word}]" for user, word in PASSWORDS.items()],
            client={
                "security_protocol": "SASL_SSL",
                "ssl_context": ssl.create_default_context(cafile=authority.certificate),
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": "admin",
                "sasl_plain_password": PASSWORDS["admin"],
            },
        )
        try:
            broker.start()
            made = Secured(broker=broker, authority=authority)
            _make_topics_and_rights(made)
            yield made
        finally:
            broker.kill()


def _make_topics_and_rights(secured: Secured) -> None:
    from kafka.admin import KafkaAdminClient

    from anpr.transport.kafka.client import client_options, connect

    create_topics(secured.settings("admin"))
    acls = parse_acls(documented("sh", "kafka-acls.sh"))
    with closing(connect(KafkaAdminClient, **client_options(secured.settings("admin")))) as admin:
        if HEALTH_TOPIC not in admin.list_topics():
            admin.create_topics({HEALTH_TOPIC: {"num_partitions": 1, "replication_factor": 1}})
        done = admin.create_acls(acls)
    assert len(done["succeeded"]) == len(acls)


def record(topic: str, number: int = 1) -> OutboxRecord:
    return OutboxRecord(seq=number, topic=topic, key=b"gate-1", headers={}, value=encode_transit(make_transit(number)))


def publish(settings: KafkaSettings, *records: OutboxRecord) -> list[int]:
    with closing(KafkaPublisher(settings, delivery_timeout_s=15.0)) as publisher:
        return publisher.publish(records)


@pytest.mark.kafka
@pytest.mark.parametrize("topic", [TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC])
def test_a_reader_may_write_to_its_topics(secured: Secured, topic: str) -> None:
    assert publish(secured.settings("reader-1"), record(topic)) == [1]


@pytest.mark.kafka
def test_a_reader_may_not_write_elsewhere(secured: Secured) -> None:
    with pytest.raises(TransportError, match=r"(?i)authoriz") as refused:
        publish(secured.settings("reader-1"), record(DEADLETTER_TOPIC))
    assert refused.value.permanent


@pytest.mark.kafka
@pytest.mark.parametrize("group", ["anpr-ingest", "a-group-of-mine"])
def test_a_reader_may_not_read_what_others_sent(secured: Secured, group: str) -> None:
    with closing(KafkaSource(secured.settings("reader-1", group=group), [TRANSITS_TOPIC], CLOCK)) as source:
        with pytest.raises(TransportError, match=r"(?i)authoriz") as refused:
            poll_until(source, 1)
        assert refused.value.permanent


@pytest.mark.kafka
def test_a_reader_may_not_make_topics(secured: Secured) -> None:
    with pytest.raises(TransportError, match=r"(?i)authoriz"):
        create_topics(secured.settings("reader-1", topic_prefix="mine."))


@pytest.mark.kafka
def test_ingest_reads_what_a_reader_sent_and_writes_dead_letters_only(secured: Secured) -> None:
    publish(secured.settings("reader-1"), *(record(TRANSITS_TOPIC, number) for number in (1, 2, 3)))
    with closing(KafkaSource(secured.settings("ingest"), [TRANSITS_TOPIC], CLOCK)) as source:
        found = poll_until(source, 3)
        source.commit(found)
    assert {record(TRANSITS_TOPIC, number).value for number in (1, 2, 3)} <= {each.value for each in found}
    assert publish(secured.settings("ingest"), record(DEADLETTER_TOPIC)) == [1]
    with pytest.raises(TransportError, match=r"(?i)authoriz"):
        publish(secured.settings("ingest"), record(TRANSITS_TOPIC))


def poll_until(source: KafkaSource, number: int) -> list[Any]:
    found: list[Any] = []

    def is_complete() -> bool:
        found.extend(source.poll(100, 0.5))
        return len(found) >= number

    eventually(is_complete, seen=lambda: f"{len(found)} of {number}")
    return found


@pytest.mark.kafka
def test_who_has_a_wrong_password_is_not_let_in(secured: Secured) -> None:
    # The broker says why and hangs up, and kafka-python now and then sees only that it hung up.
    with pytest.raises(TransportError, match=r"(?i)authentication|disconnected"):
        publish(secured.settings("reader-1", password="guess"), record(TRANSITS_TOPIC))


@pytest.mark.kafka
def test_a_broker_whose_certificate_another_authority_signed_is_not_talked_to(secured: Secured, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other")
    with pytest.raises(TransportError, match="certificate verify failed"):
        publish(secured.settings("reader-1", ca_file=str(other.certificate)), record(TRANSITS_TOPIC))


@pytest.mark.kafka
def test_the_broker_talks_to_nobody_without_tls(secured: Secured) -> None:
    host, _, port = secured.broker.bootstrap.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as plain:
        plain.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))  # ApiVersionsRequest, the first thing a client sends
        answer = plain.recv(100)
    assert answer == b"" or answer[0] == TLS_ALERT


@pytest.mark.kafka
def test_between_brokers_only_who_shows_a_certificate_is_let_in(secured: Secured) -> None:
    inner = {"bootstrap": f"{HERE}:{secured.broker.port('INTERNAL')}", "security_protocol": "SSL"}
    with pytest.raises(TransportError):
        create_topics(secured.settings("admin", **inner))
    issued = secured.authority.issue("broker-1", HERE)
    shown = {"certificate_file": str(issued.certificate), "key_file": str(issued.key)}
    assert create_topics(secured.settings("admin", **inner, **shown, topic_prefix="inner.")) != []


@dataclass(frozen=True, kw_only=True)
class SecuredDatabase:
    """Where a PostgreSQL listens that takes nobody without TLS."""

    port: int
    ca: Path

    def url(self, *, host: str = HERE, password: str = "db-secret", **options: str) -> str:
        more = "&".join(f"{name}={value}" for name, value in options.items())
        return f"postgresql://anpr:{password}@{host}:{self.port}/postgres?{more}"


@pytest.fixture(scope="module")
def secured_database() -> Iterator[SecuredDatabase]:
    with TemporaryDirectory(prefix="anpr-postgres-tls-") as name:
        folder = Path(name)
        authority = Authority(folder, "ca")
        server = _server(folder, _programs())
        _initialise(server)
        _configure(server, authority.issue("postgres", HERE))
        (port,) = free_ports(1)
        with _serving(server, port):
            yield SecuredDatabase(port=port, ca=authority.certificate)


def _programs() -> Path:
    """A server of the system's: the embedded one is built without TLS."""
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True):
        return found.parent
    pytest.skip("no PostgreSQL with TLS: the system's server (package postgresql) is not installed")


def _server(folder: Path, programs: Path) -> Server:
    """In a folder of the user that the server runs as."""
    server = replace(find_server(folder, durable=False), programs=programs)
    server.user.let_reach(server.data)
    server.data.mkdir()
    server.user.give(server.data)
    return server


def _initialise(server: Server) -> None:
    with server.log.open("wb") as log:
        (server.folder / "password").write_text("db-secret")
        (server.folder / "password").chmod(0o644)  # within a folder that only root and the server's user can pass
        options = ["--username=anpr", "--no-sync", "--auth=scram-sha-256", f"--pwfile={server.folder / 'password'}"]
        subprocess.run(
            [str(server.programs / "initdb"), "-D", str(server.data), *options],
            stdout=log,
            stderr=log,
            cwd="/",
            check=True,
            **server.user.as_process(),
        )


def _configure(server: Server, issued: Issued) -> None:
    for path, name in ((issued.certificate, "postgres.crt"), (issued.key, "postgres.key")):
        target = server.data / name
        target.write_bytes(path.read_bytes())
        target.chmod(0o600)
        server.user.give(target)
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write(documented("properties", "ssl = on"))
    (server.data / "pg_hba.conf").write_text(documented("text", "hostssl"))


@contextmanager
def _serving(server: Server, port: int) -> Iterator[None]:
    options = {"listen_addresses": HERE, "port": str(port), "unix_socket_directories": "", "fsync": "off"}
    command = [str(server.programs / "postgres"), "-D", str(server.data)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with server.log.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **server.user.as_process())
    try:
        _await_login(server, port, process)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        process.wait(PATIENCE_S)


def _await_login(server: Server, port: int, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        try:
            psycopg.connect(f"postgresql://anpr:db-secret@{HERE}:{port}/postgres?sslmode=require").close()
        except psycopg.OperationalError:
            assert process.poll() is None, server.log.read_text()
            return False
        return True

    eventually(answers)


def exported(first: str, **values: str) -> dict[str, str]:
    """The documented block of exports that begins with this variable, with a site's own values in their places."""
    lines = [line.removeprefix("export ") for line in documented("sh", f"export {first}").splitlines()]
    named = {name: value.strip("'") for name, _, value in (line.partition("=") for line in lines)}
    assert values.keys() <= named.keys()
    return named | values


def anpr(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANPR_", "KAFKA_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "anpr", *arguments],
        env=clean | environment,
        cwd=DOCUMENT.parent.parent,
        capture_output=True,
        text=True,
        timeout=3 * PATIENCE_S,
        check=False,
    )


@pytest.mark.kafka
@pytest.mark.timeout(6 * PATIENCE_S)
def test_with_the_documented_settings_a_transit_goes_from_a_reader_to_the_database(
    secured: Secured, secured_database: SecuredDatabase, tmp_path: Path
) -> None:
    url = secured_database.url(sslmode="verify-full", sslrootcert=str(secured_database.ca))
    settings = {
        **exported(
            "KAFKA_BOOTSTRAP",
            KAFKA_BOOTSTRAP=secured.broker.bootstrap,
            ANPR_KAFKA__CA_FILE=str(secured.authority.certificate),
            ANPR_KAFKA__USERNAME="ingest",
            ANPR_KAFKA__PASSWORD=PASSWORDS["ingest"],
        ),
        **exported("DATABASE_URL", DATABASE_URL=url),
        "ANPR_DATA_DIR": str(tmp_path),
    }
    migrated = anpr(settings, "db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    transit = make_transit(77, captured_at=CLOCK.now())
    reader = secured.settings("reader-1")
    publish(reader, replace(record(TRANSITS_TOPIC), value=encode_transit(transit)))
    done = anpr(settings, "ingest", "--for", "15s")
    assert done.returncode == 0, done.stderr
    with Database(url, pool_size=1) as database, database.transaction() as conn:
        stored = conn.execute("SELECT id FROM transits").fetchall()
    assert {"id": transit.id} in stored


def test_the_database_is_reached_over_tls_with_its_certificate_checked(secured_database: SecuredDatabase) -> None:
    url = secured_database.url(sslmode="verify-full", sslrootcert=str(secured_database.ca))
    with Database(url, pool_size=1) as database, database.transaction() as conn:
        row = conn.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
    assert row == {"ssl": True, "version": "TLSv1.3"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sslmode": "disable"}, "no encryption"),
        ({"sslmode": "verify-full", "host": "localhost"}, "localhost"),
        ({"sslmode": "verify-full", "password": "guess"}, "password authentication failed"),
    ],
)
def test_who_comes_otherwise_is_turned_away_or_turns_away(
    secured_database: SecuredDatabase, changes: dict[str, str], reason: str
) -> None:
    url = secured_database.url(**{"sslrootcert": str(secured_database.ca), **changes})
    with pytest.raises(StoreError, match=reason):
        Database(url).open()


def test_a_database_whose_certificate_another_authority_signed_is_not_talked_to(
    secured_database: SecuredDatabase, tmp_path: Path
) -> None:
    url = secured_database.url(sslmode="verify-full", sslrootcert=str(Authority(tmp_path, "other").certificate))
    with pytest.raises(StoreError, match="certificate verify failed"):
        Database(url).open()


def test_the_documented_key_of_a_certificate_is_for_its_owner_only(tmp_path: Path) -> None:
    issued = Authority(tmp_path, "ca").issue("broker-1", HERE)
    assert {os.stat(path).st_mode & 0o777 for path in (issued.key, issued.both)} == {0o600}
