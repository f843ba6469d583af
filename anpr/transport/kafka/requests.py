# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requests for views that come from now on, for every reader alike; with the centre's key only those it signed."""

import json
import logging
from typing import Any

from anpr.contract.signature import SIGNATURE_HEADER, PublicKey, demand_signature
from anpr.contract.topics import REQUESTS_TOPIC
from anpr.domain.errors import MessageError
from anpr.runtime.metrics import POISON
from anpr.settings import KafkaSettings
from anpr.transport.kafka.tail import TopicTail

log = logging.getLogger(__name__)


class RequestTail:
    """Connects when it is first polled, and again after an error. For one thread."""

    def __init__(self, settings: KafkaSettings, key: PublicKey | None = None) -> None:
        """`key`: the centre's; without one, signatures are not looked at."""
        self._key = key
        self._tail = TopicTail(settings, REQUESTS_TOPIC)

    def poll(self) -> list[tuple[str, str]]:
        """Camera and moment (ISO 8601) of each request that came; waits for half a second. Raises TransportError."""
        records = [record for record in self._tail.poll() if self._is_the_centres(record)]
        return [found for record in records if (found := _read(record.value))]

    def _is_the_centres(self, record: Any) -> bool:
        if self._key is None:
            return True
        header = dict(record.headers).get(SIGNATURE_HEADER)
        try:
            demand_signature(self._key, header, REQUESTS_TOPIC, record.key or b"", record.value or b"")
        except MessageError as exc:
            POISON.labels(REQUESTS_TOPIC, exc.reason).inc()
            log.warning("a request for a view is not the centre's: %s", exc)
            return False
        return True

    def close(self) -> None:
        """Let go."""
        self._tail.close()


def _read(value: bytes | None) -> tuple[str, str] | None:
    try:
        fields = json.loads(value or b"")
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    return str(fields.get("camera_id")), str(fields.get("asked_at"))
