"""What is on the broker's topics, and how far ingest has come with it."""

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
from scripts.reliability.chaos.background_traffic import NOISE
from scripts.reliability.chaos.environment import PARTITIONS
from scripts.reliability.chaos.invalid_messages import MARK

Place = tuple[str, int, int]
"""Topic, partition, offset."""

_GROUPS = (
    (TRANSITS_TOPIC, "anpr-ingest"),
    (HEALTH_TOPIC, "anpr-ingest"),
    (IMAGES_TOPIC, "anpr-ingest-images"),
)


@dataclass
class OnTopics:
    """All that was acknowledged by the broker, whoever sent it."""

    garbage: dict[Place, str] = field(default_factory=dict)
    """Where it stands, and for which reason it must be refused."""
    published: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """By topic, and whether the real reader sent it and not the sender: records, repeated ones included."""
    health: dict[str, HealthReport] = field(default_factory=dict)
    """The newest report of each subject, by its key."""
    dead: Counter[tuple[Place, str]] = field(default_factory=Counter)
    """By where the message stood and why it was refused: how often it was set apart."""


def waiting(kafka: KafkaSettings) -> int:
    """Records on the topics that ingest's groups have not committed."""
    left = 0
    for topic, group in _GROUPS:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        options = client_options(kafka) | {"group_id": group, "enable_auto_commit": False}
        with closing(connect(KafkaConsumer, **options)) as consumer:
            ends = consumer.end_offsets(partitions)
            left += sum(ends[each] - (consumer.committed(each) or 0) for each in partitions)
    return left


def read_topics(kafka: KafkaSettings, of_reader: Collection[UUID]) -> OnTopics:
    """`of_reader`: the transits that the real reader made."""
    found = OnTopics()
    for record in _all_records(kafka, TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC):
        headers = dict(record.headers)
        if MARK in headers:
            found.garbage[record.topic, record.partition, record.offset] = headers[MARK].decode()
        elif record.topic == HEALTH_TOPIC:
            _keep_newest(found.health, record)
        elif NOISE not in headers:
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
