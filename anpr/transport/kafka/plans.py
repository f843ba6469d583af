# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plans of one reader on the compacted topic: the newest that is there, and those that come."""

from anpr.contract.gate_plan import SignedPlan
from anpr.contract.signature import SIGNATURE_HEADER
from anpr.contract.topics import GATES_TOPIC
from anpr.settings import KafkaSettings
from anpr.transport.kafka.tail import TopicTail


class PlanTail:
    """Connects when it is first polled, and again after an error. For one thread."""

    def __init__(self, settings: KafkaSettings, reader_id: str) -> None:
        self._tail = TopicTail(settings, GATES_TOPIC, whole=True)
        self._key = reader_id.encode()
        self._newest: SignedPlan | None = None

    def poll(self) -> SignedPlan | None:
        """The last one that came, once the topic is read to its end; None where none came. Waits for half a second.

        Raises TransportError.
        """
        for record in self._tail.poll():
            if record.key == self._key and record.value is not None:
                signature = dict(record.headers).get(SIGNATURE_HEADER)
                self._newest = SignedPlan(bytes(record.value), signature)
        if not self._tail.is_caught_up:  # older ones that are not compacted yet are no plans to take
            return None
        newest, self._newest = self._newest, None
        return newest

    def close(self) -> None:
        """Let go."""
        self._tail.close()
