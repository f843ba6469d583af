# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kafka without a broker: options, errors, and the watch over a consumer that is stuck."""

import logging
import ssl
import threading
from collections import namedtuple
from pathlib import Path

import pytest
from kafka import KafkaProducer, TopicPartition
from kafka import errors as kafka_errors
from pydantic import ValidationError

from anpr.contract.topics import (
    GATES_TOPIC,
    HEALTH_TOPIC,
    IMAGES_TOPIC,
    MAX_IMAGE_BYTES,
    REQUESTS_TOPIC,
    TRANSITS_TOPIC,
    VIEWS_TOPIC,
)
from anpr.domain.errors import TransportError
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import KafkaSettings
from anpr.transport.kafka import DEADLETTER_TOPIC, KafkaSource
from anpr.transport.kafka import source as source_module
from anpr.transport.kafka.client import as_transport_error, client_options, close_producer, connect
from anpr.transport.kafka.source import LAG_EVERY_S, STALL_S
from anpr.transport.kafka.topics import topic_specs
from anpr.transport.source import Incoming

SETTINGS = KafkaSettings(bootstrap="broker-1:9092, broker-2:9092")


def test_a_plain_broker_needs_only_its_address() -> None:
    options = client_options(SETTINGS)
    assert options["bootstrap_servers"] == ["broker-1:9092", "broker-2:9092"]
    assert options["security_protocol"] == "PLAINTEXT"
    assert "sasl_mechanism" not in options


def test_login_and_encryption_are_passed_on() -> None:
    settings = KafkaSettings.model_validate(
        {
            "bootstrap": "b:1",
            "security_protocol": "SASL_SSL",
            "username": "reader-1",
            "password": "p4ss",
        }
    )
    options = client_options(settings)
    context = options["ssl_context"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "reader-1")
    assert options["sasl_plain_password"] == "p4ss"


def test_sasl_without_a_login_is_a_wrong_setting() -> None:
    with pytest.raises(ValidationError, match="username"):
        KafkaSettings(bootstrap="b:1", security_protocol="SASL_SSL")


def test_without_a_broker_it_says_which_setting_is_missing() -> None:
    with pytest.raises(TransportError, match=r"kafka\.bootstrap"):
        client_options(KafkaSettings())


@pytest.mark.parametrize(
    "error",
    [
        kafka_errors.SaslAuthenticationFailedError(),
        kafka_errors.TopicAuthorizationFailedError(),
        kafka_errors.MessageSizeTooLargeError(),
        kafka_errors.InvalidTopicError(),
        ValueError("no such codec"),
    ],
)
def test_what_no_waiting_will_mend_is_permanent(error: Exception) -> None:
    assert as_transport_error(error, "publishing", SETTINGS).permanent


@pytest.mark.parametrize(
    "error",
    [
        kafka_errors.KafkaTimeoutError("two\nlines"),
        kafka_errors.KafkaConnectionError(),
        kafka_errors.NotLeaderForPartitionError(),
        kafka_errors.UnknownTopicOrPartitionError(),
        kafka_errors.NotEnoughReplicasError(),
        ConnectionResetError("reset"),
    ],
)
def test_a_broker_that_restarts_is_not(error: Exception) -> None:
    mapped = as_transport_error(error, "publishing", SETTINGS)
    assert not mapped.permanent
    assert "broker-1:9092" in str(mapped)
    assert "\n" not in str(mapped)


def test_a_connection_that_fails_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    options = client_options(KafkaSettings(bootstrap="127.0.0.1:1")) | {"bootstrap_timeout_ms": 200}
    for _ in range(3):
        with pytest.raises(kafka_errors.KafkaConnectionError, match="ECONNREFUSED"):
            connect(KafkaProducer, **options)
    assert threading.active_count() == before


def test_why_connecting_failed_is_told_although_kafka_python_only_logs_it() -> None:
    def gives_up(**_: object) -> None:
        log = logging.getLogger("kafka.net.manager")
        log.warning("failed: %s (backoff %.2f)", kafka_errors.SaslAuthenticationFailedError("wrong password"), 0.1)
        log.warning("failed: %s (backoff %.2f)", kafka_errors.KafkaConnectionError("socket disconnected"), 0.2)
        log.error("failed: %s", kafka_errors.KafkaTimeoutError("Unable to bootstrap"))
        raise kafka_errors.KafkaTimeoutError("Unable to bootstrap")

    with pytest.raises(kafka_errors.SaslAuthenticationFailedError, match="wrong password"):
        connect(gives_up)
    assert logging.getLogger("kafka.net.manager").handlers == []


class StuckProducer:
    """Closes as kafka-python's does: raises, with its thread left running, while something cannot be sent."""

    def __init__(self) -> None:
        self.forced = threading.Event()
        self.closed = False
        self._sender = threading.Thread(target=self.forced.wait)
        self._sender.force_close = self.forced.set  # type: ignore[attr-defined]
        self._sender.start()

    def close(self, timeout: float) -> None:  # noqa: ARG002  the name is theirs
        if not self.forced.is_set():
            raise kafka_errors.KafkaTimeoutError("Timeout waiting for future")
        self.closed = True


def test_a_producer_that_cannot_send_what_it_holds_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    producer = StuckProducer()
    close_producer(producer, 1.0)
    assert producer.closed
    assert threading.active_count() == before


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path, clock: ManualClock) -> None:
    missing = tmp_path / "ca.pem"
    source = KafkaSource(
        SETTINGS.model_copy(update={"security_protocol": "SSL", "ca_file": str(missing)}), ["t"], clock
    )
    with pytest.raises(TransportError, match=r"ca\.pem.*No such file") as refused:
        source.poll(1, 0.1)
    assert refused.value.permanent


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "me.pem"
    wrong.write_text("not a certificate")
    settings = KafkaSettings(bootstrap="b:1", security_protocol="SSL", certificate_file=str(wrong))
    with pytest.raises(TransportError, match=r"me\.pem"):
        client_options(settings)


def test_the_topics_are_large_enough_and_forget_in_time() -> None:
    specs = topic_specs(KafkaSettings(bootstrap="b:1", topic_prefix="prato.", replication=3, retention_hours=24))
    names = (TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC, VIEWS_TOPIC, REQUESTS_TOPIC, GATES_TOPIC, DEADLETTER_TOPIC)
    assert set(specs) == {f"prato.{name}" for name in names}
    for spec in specs.values():
        assert int(spec["configs"]["max.message.bytes"]) > MAX_IMAGE_BYTES
        assert (spec["replication_factor"], spec["configs"]["min.insync.replicas"]) == (3, "2")
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC, DEADLETTER_TOPIC):
        configs = specs[f"prato.{topic}"]["configs"]
        assert (configs["cleanup.policy"], configs["retention.ms"]) == ("delete", str(24 * 3_600_000))
        assert int(configs["segment.ms"]) == 3_600_000, "what is too old is deleted by whole segments"
    assert specs[f"prato.{HEALTH_TOPIC}"]["configs"]["cleanup.policy"] == "compact"
    for topic in (VIEWS_TOPIC, REQUESTS_TOPIC):
        configs = specs[f"prato.{topic}"]["configs"]
        assert (configs["cleanup.policy"], configs["retention.ms"]) == ("compact,delete", "3600000")


Record = namedtuple("Record", ["topic", "partition", "offset", "key", "headers", "value"])


class FakeConsumer:
    """A consumer that is stuck: records wait in the broker and poll gives none."""

    stuck = True
    behind = True
    made = 0

    def __init__(self, **_: object) -> None:
        type(self).made += 1
        self.closed = False

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0} if topic else set()

    def subscribe(self, topics: list[str]) -> None:
        self.topics = topics

    def poll(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Record]]:
        assert timeout_ms >= 0
        assert max_records > 0
        if self.stuck:
            return {}
        where = TopicPartition(self.topics[0], 0)
        return {where: [Record(self.topics[0], 0, 7, None, [("a", b"1")], None)]}

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(self.topics[0], 0)}

    def end_offsets(self, partitions: list[TopicPartition], timeout_ms: int) -> dict[TopicPartition, int]:
        assert timeout_ms > 0
        return dict.fromkeys(partitions, 8 if self.behind else 7)

    def highwater(self, _: TopicPartition) -> int | None:
        return 8 if self.behind else 7

    def position(self, _: TopicPartition, timeout_ms: int) -> int:
        assert timeout_ms > 0
        return 7

    def close(self, **_: object) -> None:
        self.closed = True


@pytest.fixture
def consumers(monkeypatch: pytest.MonkeyPatch) -> type[FakeConsumer]:
    class Consumers(FakeConsumer):
        made = 0

    monkeypatch.setattr(source_module, "connect", lambda _kind, **options: Consumers(**options))
    return Consumers


def test_a_consumer_that_is_stuck_is_replaced(consumers: type[FakeConsumer], clock: ManualClock) -> None:
    before = REGISTRY.get_sample_value("anpr_consumer_restarts_total") or 0.0
    source = KafkaSource(SETTINGS, [TRANSITS_TOPIC], clock)
    assert source.poll(10, 0) == []
    clock.advance(STALL_S + 1)
    with pytest.raises(TransportError, match="starting anew") as stalled:
        source.poll(10, 0)
    assert not stalled.value.permanent
    consumers.stuck = False
    (record,) = source.poll(10, 0)
    assert consumers.made == 2
    assert record == Incoming(
        topic=TRANSITS_TOPIC, partition=0, offset=7, key=b"", headers={"a": b"1"}, value=b""
    )  # a record without key and value is still a record
    assert REGISTRY.get_sample_value("anpr_consumer_restarts_total") == before + 1


def test_a_consumer_with_nothing_to_read_is_left_alone(consumers: type[FakeConsumer], clock: ManualClock) -> None:
    consumers.behind = False
    source = KafkaSource(SETTINGS, [TRANSITS_TOPIC], clock)
    for _ in range(5):
        assert source.poll(10, 0) == []
        clock.advance(STALL_S + 1)
    assert consumers.made == 1


def test_how_far_behind_it_is_shows_in_the_metrics(consumers: type[FakeConsumer], clock: ManualClock) -> None:
    source = KafkaSource(SETTINGS, [TRANSITS_TOPIC], clock)
    lags = []
    for consumers.behind in (True, False, False):
        source.poll(10, 0)
        lags.append(REGISTRY.get_sample_value("anpr_consumer_lag", {"topic": TRANSITS_TOPIC}))
        clock.advance(LAG_EVERY_S / 2)
    assert lags == [1, 1, 0], "measured every few seconds"


@pytest.mark.parametrize(
    ("error", "is_quiet"),
    [
        (kafka_errors.CommitFailedError("rebalanced"), True),
        (kafka_errors.IllegalGenerationError(), True),
        (kafka_errors.KafkaTimeoutError("no answer"), False),
    ],
)
def test_a_commit_after_a_rebalance_is_the_other_members_matter(
    consumers: type[FakeConsumer],
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    is_quiet: bool,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(consumers, "commit", fail, raising=False)
    consumers.stuck = False
    source = KafkaSource(SETTINGS, [TRANSITS_TOPIC], clock)
    records = source.poll(10, 0)
    if is_quiet:
        source.commit(records)
    else:
        with pytest.raises(TransportError, match="no answer"):
            source.commit(records)
