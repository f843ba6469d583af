# SPDX-License-Identifier: AGPL-3.0-or-later
"""Topic definitions: partitions, retention and size limits.

| topic | key | partitions | kept |
|---|---|---|---|
| anpr.transits | gate id | kafka.partitions | kafka.retention_hours |
| anpr.images | transit id | kafka.partitions | kafka.retention_hours |
| anpr.health | subject, as camera/ID or reader/ID | kafka.partitions | the newest of each key (compacted) |
| anpr.views | camera id | 1 | the newest of each key, for an hour |
| anpr.requests | camera id | 1 | the newest of each key, for an hour |
| anpr.gates | reader id | 1 | the newest of each key (compacted) |
| anpr.deadletter | as it came | 1 | kafka.retention_hours |
"""

import contextlib
from collections.abc import Sequence
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from anpr.contract.topics import (
    GATES_TOPIC,
    HEALTH_TOPIC,
    IMAGES_TOPIC,
    MAX_IMAGE_BYTES,
    REQUESTS_TOPIC,
    TRANSITS_TOPIC,
    VIEWS_TOPIC,
)
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect, mapped_errors

DEADLETTER_TOPIC = "anpr.deadletter"
_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS
_SEGMENTS = 24
MAX_RECORD_BYTES = MAX_IMAGE_BYTES + 64 * 1024
"""An image with its key, headers and the batch around it."""
MAX_DEAD_LETTER_BYTES = MAX_RECORD_BYTES + 64 * 1024
"""The largest of those, with what was wrong with it: one that did not fit would stop ingest for good."""


def create_topics(settings: KafkaSettings) -> list[str]:
    """Make the topics that are missing; those that are there stay as they are. The names of the new ones.

    Raises TransportError.
    """
    with mapped_errors("creating topics", settings), connected_admin(settings) as admin:
        there = set(admin.list_topics())
        missing = {name: spec for name, spec in topic_specs(settings).items() if name not in there}
        return [name for name, spec in missing.items() if _create(admin, name, spec)]


def connected_admin(settings: KafkaSettings) -> contextlib.closing[KafkaAdminClient]:
    """An admin client, connected; use it inside `mapped_errors`."""
    return contextlib.closing(connect(KafkaAdminClient, **client_options(settings)))


def _create(admin: KafkaAdminClient, name: str, spec: dict[str, Any]) -> bool:
    try:
        admin.create_topics({name: spec}, wait_for_metadata=True)
    except TopicAlreadyExistsError:  # another process was quicker
        admin.wait_for_topics([name])
        return False
    return True


def topic_specs(settings: KafkaSettings) -> dict[str, dict[str, Any]]:
    """By full name: what kafka-python's create_topics takes."""
    kept, compacted = _kept_configs(settings), _compacted_configs()
    topics = {
        TRANSITS_TOPIC: (settings.partitions, kept),
        IMAGES_TOPIC: (settings.partitions, kept),
        HEALTH_TOPIC: (settings.partitions, compacted),
        VIEWS_TOPIC: (1, _brief_configs()),
        REQUESTS_TOPIC: (1, _brief_configs()),
        GATES_TOPIC: (1, compacted),
        DEADLETTER_TOPIC: (1, kept | {"max.message.bytes": str(MAX_DEAD_LETTER_BYTES)}),
    }
    return {
        full_name(settings, topic): {
            "num_partitions": partitions,
            "replication_factor": settings.replication,
            "configs": _common_configs(settings) | configs,
        }
        for topic, (partitions, configs) in topics.items()
    }


def _common_configs(settings: KafkaSettings) -> dict[str, str]:
    return {
        "max.message.bytes": str(MAX_RECORD_BYTES),
        # With three copies, two must have a record before it counts: one broker may die at any time.
        "min.insync.replicas": "2" if settings.replication >= 3 else "1",
    }


def _kept_configs(settings: KafkaSettings) -> dict[str, str]:
    retention_ms = settings.retention_hours * _HOUR_MS
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(retention_ms),
        # Kafka deletes whole segments, by the newest record in them: with its default of a week per segment a plate
        # could stay for twice as long as it may.
        "segment.ms": str(max(_HOUR_MS, retention_ms // _SEGMENTS)),
    }


def _compacted_configs() -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
        "segment.ms": str(_DAY_MS),
        "max.compaction.lag.ms": str(_DAY_MS),
        # Stamped by the broker: what a heartbeat's own time differs from it is what the reader's clock is off by.
        "message.timestamp.type": "LogAppendTime",
    }


def _brief_configs() -> dict[str, str]:
    """What is asked for and answered now: nothing of it is worth an hour."""
    return {"cleanup.policy": "compact,delete", "retention.ms": str(_HOUR_MS), "segment.ms": str(_HOUR_MS // 6)}


def full_name(settings: KafkaSettings, topic: str) -> str:
    """The name that the broker knows: with the prefix of the settings."""
    return settings.topic_prefix + topic


def full_names(settings: KafkaSettings, topics: Sequence[str]) -> list[str]:
    """The names that the broker knows: with the prefix of the settings."""
    return [full_name(settings, topic) for topic in topics]
