# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kafka source: one member of a consumer group, offsets committed by hand."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NoReturn

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka import errors as kafka_errors

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, VIEWS_TOPIC
from anpr.domain.errors import TransportError
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CONSUMER_LAG, CONSUMER_RESTARTS
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect, mapped_errors
from anpr.transport.kafka.stall import QuietPartitions
from anpr.transport.kafka.topics import MAX_RECORD_BYTES, create_topics, full_name, full_names
from anpr.transport.source import Incoming

log = logging.getLogger(__name__)

STALL_S = 30.0
"""So long without a record, while records wait, and the consumer is taken for stuck."""

LAG_EVERY_S = 5.0
_LOG_APPEND_TIME = 1  # Kafka's protocol: 0 is the producer's time
_ASK_TIMEOUT_MS = 10_000
_SESSION_TIMEOUT_MS = 15_000  # so long are the alarms of a killed ingest late, until another takes its partitions
_FETCH_BYTES = 16 * 1024 * 1024
# Of one partition in one answer. A sender of the largest messages a topic takes fills it with a few, and each answer is
# one batch: with 1 MiB the others of that partition waited four times as long.
_SMALL_FETCH_BYTES = 4 * 1024 * 1024
# Each is a group of its own: members of one that want other topics would rebalance each other's partitions.
_GROUP_SUFFIXES: Mapping[tuple[str, ...], str] = {
    (IMAGES_TOPIC,): "-images",
    (IMAGES_TOPIC, VIEWS_TOPIC): "-images",
    (HEALTH_TOPIC,): "-health",
}
_NO_HEADERS: Mapping[str, bytes] = MappingProxyType({})

# After a rebalance the partition is another member's: it reads again what we stored, and that changes nothing.
_NOT_OURS_ANY_MORE = (
    kafka_errors.CommitFailedError,
    kafka_errors.FencedInstanceIdError,
    kafka_errors.IllegalGenerationError,
    kafka_errors.RebalanceInProgressError,
    kafka_errors.UnknownMemberIdError,
)


class KafkaSource:
    """Reads `topics` (without prefix) as a member of the settings' group. For one thread.

    Connects when it is first polled, and again after an error. kafka-python is known to stop fetching after some
    rebalances (its issues 3106, 3131, 3138), all partitions or some: a consumer that gets nothing of one while records
    wait there is replaced.
    """

    def __init__(self, settings: KafkaSettings, topics: Sequence[str], clock: Clock) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        self._clock = clock
        self._consumer: Any = None
        self._progress_at = clock.monotonic()
        self._measure_at = clock.monotonic()
        self._quiet = QuietPartitions(clock, STALL_S)

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:
        try:
            with mapped_errors("reading", self._settings):
                self._open()
                batches = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
                if not batches:
                    self._watch()
                self._watch_partitions(batches, max_records)
                self._measure_lag()
        except TransportError:
            self.close()
            raise
        if batches:
            self._progress_at = self._clock.monotonic()
        return [incoming for where, batch in batches.items() for incoming in self._incoming(where, batch)]

    def commit(self, records: Sequence[Incoming]) -> None:
        if self._consumer is None or not records:
            return
        try:
            with mapped_errors("committing", self._settings):
                self._consumer.commit(self._offsets(records), timeout_ms=_ASK_TIMEOUT_MS)
        except TransportError as exc:
            if isinstance(exc.__cause__, _NOT_OURS_ANY_MORE):
                log.info("%s: the group was rebalanced; what is stored will be read again and change nothing", exc)
                return
            self.close()
            raise

    def close(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is None:
            return
        try:
            consumer.close(autocommit=False, timeout_ms=2000)
        except kafka_errors.KafkaError as exc:
            log.info("kafka %s: closing: %s", self._settings.bootstrap, exc)

    def _open(self) -> None:
        if self._consumer is not None:
            return
        self._consumer = connect(KafkaConsumer, **self._options())
        # A subscription to a topic that is not there is silent for ever: make it, or say so.
        if self._missing():
            created = create_topics(self._settings)
            log.info("kafka %s: created %s", self._settings.bootstrap, ", ".join(created) or "no topic")
            if missing := self._missing():
                raise kafka_errors.UnknownTopicOrPartitionError(f"there is no topic {missing[0]}")
        self._consumer.subscribe(full_names(self._settings, self._topics))
        self._progress_at = self._clock.monotonic()
        self._quiet = QuietPartitions(self._clock, STALL_S)

    def _missing(self) -> list[str]:
        names = full_names(self._settings, self._topics)
        return [name for name in names if not self._consumer.partitions_for_topic(name)]

    def _options(self) -> dict[str, Any]:
        largest = MAX_RECORD_BYTES if IMAGES_TOPIC in self._topics else _SMALL_FETCH_BYTES
        return client_options(self._settings) | {
            "group_id": self._settings.group + _GROUP_SUFFIXES.get(self._topics, ""),
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "allow_auto_create_topics": False,
            "session_timeout_ms": _SESSION_TIMEOUT_MS,
            "max_partition_fetch_bytes": largest,
            "fetch_max_bytes": _FETCH_BYTES,
            "metrics_enabled": False,
        }

    def _watch(self) -> None:
        """Raise when nothing came for STALL_S although something waits."""
        if self._clock.monotonic() - self._progress_at < STALL_S:
            return
        self._progress_at = self._clock.monotonic()
        if waiting := self._waiting(self._consumer.assignment()):
            self._start_anew(f"no record for {STALL_S:.0f} s while partitions {_numbers(waiting)} hold some")

    def _watch_partitions(self, batches: Mapping[TopicPartition, Sequence[Any]], max_records: int) -> None:
        """Raise when one gave nothing for STALL_S although something waits in it, whatever the others give."""
        full = sum(map(len, batches.values())) >= max_records
        self._quiet.polled(batches, self._consumer.assignment(), full=full)
        if stuck := self._quiet.stuck(self._waiting):
            self._start_anew(f"no record of partitions {_numbers(stuck)} for {STALL_S:.0f} s while some wait there")

    def _start_anew(self, why: str) -> NoReturn:
        CONSUMER_RESTARTS.inc()
        raise kafka_errors.KafkaTimeoutError(f"{why}: starting anew")

    def _measure_lag(self) -> None:
        """From what the last answers of the broker said, without asking it."""
        if self._clock.monotonic() < self._measure_at:
            return
        self._measure_at = self._clock.monotonic() + LAG_EVERY_S
        lag = dict.fromkeys(self._topics, 0)
        for each in self._consumer.assignment():
            end = self._consumer.highwater(each)
            if end is not None:  # what was fetched has a position
                position = self._consumer.position(each, timeout_ms=_ASK_TIMEOUT_MS)
                lag[each.topic.removeprefix(self._settings.topic_prefix)] += max(0, end - (position or 0))
        for topic, waiting in lag.items():
            CONSUMER_LAG.labels(topic).set(waiting)

    def _waiting(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Those with records that were not read yet, and where each is to be read next."""
        if not partitions:
            return {}
        ends = self._consumer.end_offsets(list(partitions), timeout_ms=_ASK_TIMEOUT_MS)
        positions = {each: self._consumer.position(each, timeout_ms=_ASK_TIMEOUT_MS) or 0 for each in partitions}
        return {each: position for each, position in positions.items() if position < ends[each]}

    def _incoming(self, where: TopicPartition, records: Iterable[Any]) -> list[Incoming]:
        topic = where.topic.removeprefix(self._settings.topic_prefix)
        return [
            Incoming(
                topic=topic,
                partition=where.partition,
                offset=record.offset,
                key=record.key or b"",
                headers={name: value or b"" for name, value in record.headers} if record.headers else _NO_HEADERS,
                value=record.value or b"",
                arrived_at=_arrived_at(record) if topic == HEALTH_TOPIC else None,
            )
            for record in records
        ]

    def _offsets(self, records: Sequence[Incoming]) -> dict[TopicPartition, OffsetAndMetadata]:
        last: dict[tuple[str, int], int] = {}
        for record in records:
            where = (record.topic, record.partition)
            last[where] = max(last.get(where, -1), record.offset)
        return {
            TopicPartition(full_name(self._settings, topic), partition): OffsetAndMetadata(offset + 1, "", -1)
            for (topic, partition), offset in last.items()
        }


def _numbers(partitions: Iterable[TopicPartition]) -> str:
    return ", ".join(f"{each.topic}/{each.partition}" for each in sorted(partitions))


def _arrived_at(record: Any) -> datetime | None:
    """Only topics that are stamped by the broker say so; elsewhere the stamp is the sender's."""
    if record.timestamp_type != _LOG_APPEND_TIME:
        return None
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
