# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads all records of the broker's topics, and the consumer lag of ingest."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from anpr.contract.health import decode_health
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.health import HealthReport
from anpr.settings import KafkaSettings
from anpr.transport.kafka import DEADLETTER_TOPIC
from anpr.transport.kafka.client import client_options, connect
from scripts.reliability.chaos.background_traffic import BACKGROUND_HEADER
from scripts.reliability.chaos.environment import PARTITIONS
from scripts.reliability.chaos.invalid_messages import EXPECTED_REASON_HEADER

Place = tuple[str, int, int]
"""Topic, partition, offset."""

_GROUPS = (
    (TRANSITS_TOPIC, "anpr-ingest"),
    (HEALTH_TOPIC, "anpr-ingest-health"),
    (IMAGES_TOPIC, "anpr-ingest-images"),
)


@dataclass
class OnTopics:
    """All records that the broker acknowledged, whoever sent them."""

    garbage: dict[Place, str] = field(default_factory=dict)
    """Place of each invalid message, and the reason for which it must be refused."""
    published: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Number of records, repeated ones included, by topic and whether the real reader sent it (not the sender)."""
    health: dict[str, HealthReport] = field(default_factory=dict)
    """The newest report of each subject, by its key."""
    dead: Counter[tuple[Place, str]] = field(default_factory=Counter)
    """How often a message became a dead letter, by its place and the reason."""


def waiting(kafka: KafkaSettings) -> int:
    """Consumer lag: number of records that ingest's groups have not committed."""
    left = 0
    for topic, group in _GROUPS:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        options = client_options(kafka) | {"group_id": group, "enable_auto_commit": False}
        with closing(connect(KafkaConsumer, **options)) as consumer:
            ends = consumer.end_offsets(partitions)
            left += sum(ends[each] - (consumer.committed(each) or 0) for each in partitions)
    return left


def read_topics(kafka: KafkaSettings, of_reader: Collection[UUID]) -> OnTopics:
    """Read every topic to its end. `of_reader`: ids of the transits that the real reader made."""
    found = OnTopics()
    for record in _all_records(kafka, TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC):
        headers = dict(record.headers)
        if EXPECTED_REASON_HEADER in headers:
            found.garbage[record.topic, record.partition, record.offset] = headers[EXPECTED_REASON_HEADER].decode()
        elif record.topic == HEALTH_TOPIC:
            _keep_newest(found.health, record)
        elif BACKGROUND_HEADER not in headers:
            text = json.loads(record.value)["id"] if record.topic == TRANSITS_TOPIC else headers["transit_id"].decode()
            found.published[record.topic, UUID(text) in of_reader] += 1
    for record in _all_records(kafka, DEADLETTER_TOPIC):
        headers = {name: value.decode(errors="replace") for name, value in record.headers}
        place = (headers["anpr.topic"], int(headers["anpr.partition"]), int(headers["anpr.offset"]))
        found.dead[place, headers["anpr.reason"]] += 1
    return found


def _keep_newest(reports: dict[str, HealthReport], record: Any) -> None:
    report = decode_health(record.value)
    known = reports.get(record.key.decode())
    if known is None or report.at >= known.at:
        reports[record.key.decode()] = report


def _all_records(kafka: KafkaSettings, *topics: str) -> Iterator[Any]:
    options = client_options(kafka) | {"enable_auto_commit": False, "auto_offset_reset": "earliest"}
    with closing(connect(KafkaConsumer, **options, group_id=None)) as consumer:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic)
        ]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        while any(consumer.position(each) < end for each, end in ends.items()):
            for records in consumer.poll(timeout_ms=1000).values():
                yield from records
