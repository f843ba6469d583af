# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kafka consumer without a group, of a topic with one partition: every process reads all of it, or what comes next."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect, mapped_errors
from anpr.transport.kafka.topics import create_topics, full_name

_POLL_MS = 500
_MOST = 500


class TopicTail:
    """Connects when it is first polled, and again after an error. For one thread."""

    def __init__(self, settings: KafkaSettings, topic: str, *, whole: bool = False) -> None:
        """`whole`: from the topic's beginning at each connection, else what comes after it."""
        self._settings = settings
        self._topic = topic
        self._whole = whole
        self._consumer: Any = None
        self._end = 0

    def poll(self) -> Sequence[Any]:
        """The consumer's records that came; waits for half a second. Raises TransportError."""
        try:
            with mapped_errors(f"reading {self._topic}", self._settings):
                self._open()
                batches = self._consumer.poll(timeout_ms=_POLL_MS, max_records=_MOST)
        except BaseException:
            self.close()
            raise
        return [record for batch in batches.values() for record in batch]

    @property
    def is_caught_up(self) -> bool:
        """Whether what was there at the connection has been polled."""
        return self._consumer is not None and self._consumer.position(self._place) >= self._end

    def close(self) -> None:
        """Let go."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=2000)

    @property
    def _place(self) -> TopicPartition:
        return TopicPartition(full_name(self._settings, self._topic), 0)

    def _open(self) -> None:
        if self._consumer is not None:
            return
        consumer = connect(
            KafkaConsumer,
            **client_options(self._settings),
            group_id=None,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
        self._consumer = consumer
        if not consumer.partitions_for_topic(self._place.topic):
            create_topics(self._settings)
        consumer.assign([self._place])
        self._end = consumer.end_offsets([self._place])[self._place]
        if self._whole:
            consumer.seek_to_beginning(self._place)
        else:
            consumer.seek_to_end(self._place)
        consumer.position(self._place)  # asked for now: else "the end" is where the first poll finds it
