# SPDX-License-Identifier: AGPL-3.0-or-later
"""Apache Kafka between edge and centre."""

from anpr.transport.kafka.publisher import KafkaPublisher
from anpr.transport.kafka.source import KafkaSource
from anpr.transport.kafka.topics import DEADLETTER_TOPIC, create_topics

__all__ = ["DEADLETTER_TOPIC", "KafkaPublisher", "KafkaSource", "create_topics"]
