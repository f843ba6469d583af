# SPDX-License-Identifier: AGPL-3.0-or-later
"""Kafka publisher: idempotent, acknowledged by all in-sync replicas."""

from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from anpr.contract.topics import IMAGES_TOPIC
from anpr.domain.errors import TransportError
from anpr.runtime.metrics import PUBLISHED
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import as_transport_error, client_options, close_producer, connect, mapped_errors
from anpr.transport.kafka.topics import MAX_DEAD_LETTER_BYTES, full_name
from anpr.transport.records import OutboxRecord

DELIVERY_TIMEOUT_S = 15.0
_CLOSE_TIMEOUT_S = 2.0
_BATCH_BYTES = 128 * 1024


class KafkaPublisher:
    """Connects when it first publishes, and again after an error. For one thread."""

    def __init__(self, settings: KafkaSettings, delivery_timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        self._settings = settings
        self._timeout_s = delivery_timeout_s
        self._producers: dict[str | None, Any] = {}

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        """Send all, in order per key; the `seq` of those the broker acknowledged.

        Raises TransportError when there were some and none was acknowledged; `permanent` when the broker refused them
        and will again.
        """
        sent = [(record, self._send(record)) for record in records]
        failures: list[TransportError] = []
        acknowledged = []
        for record, future in sent:
            failure = self._failure_of(future)
            if failure is None:
                acknowledged.append(record.seq)
                PUBLISHED.labels(record.topic).inc()
            else:
                failures.append(failure)
        self._after(failures, bool(acknowledged))
        return acknowledged

    def _send(self, record: OutboxRecord) -> Any:
        """The future of this record, or the TransportError that already happened."""
        try:
            with mapped_errors("publishing", self._settings):
                return self._producer_for(record).send(
                    full_name(self._settings, record.topic),
                    key=record.key or None,
                    value=record.value,
                    headers=list(record.headers.items()),
                )
        except TransportError as exc:
            return exc

    def _failure_of(self, future: Any) -> TransportError | None:
        if isinstance(future, TransportError):
            return future
        try:
            future.get(self._timeout_s + _CLOSE_TIMEOUT_S)
        except KafkaError as exc:
            return as_transport_error(exc, "publishing", self._settings)
        return None

    def _after(self, failures: list[TransportError], any_acknowledged: bool) -> None:
        if not all(failure.permanent for failure in failures):
            # An idempotent producer that lost a batch may wait for its sequence number for ever: take a new one.
            self.close()
        if failures and not any_acknowledged:
            raise next((failure for failure in failures if not failure.permanent), failures[0])

    def _producer_for(self, record: OutboxRecord) -> Any:
        compression = None if record.topic == IMAGES_TOPIC else "gzip"  # JPEG does not shrink
        if compression not in self._producers:
            self._producers[compression] = connect(KafkaProducer, **self._options(compression))
        return self._producers[compression]

    def _options(self, compression: str | None) -> dict[str, Any]:
        timeout_ms = int(self._timeout_s * 1000)
        return client_options(self._settings) | {
            "acks": "all",
            "enable_idempotence": True,
            "compression_type": compression,
            "batch_size": _BATCH_BYTES,
            "max_request_size": MAX_DEAD_LETTER_BYTES,
            "delivery_timeout_ms": timeout_ms,
            "request_timeout_ms": timeout_ms // 2,
            "max_block_ms": timeout_ms // 2,
            "allow_auto_create_topics": False,
            "metrics_enabled": False,
        }

    def close(self) -> None:
        """Let go of the broker; what was not acknowledged is the caller's to send again."""
        producers, self._producers = list(self._producers.values()), {}
        for producer in producers:
            try:
                close_producer(producer, _CLOSE_TIMEOUT_S)
            except KafkaError as exc:
                raise as_transport_error(exc, "closing", self._settings) from exc
