# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dead-letter topic: refused messages go to anpr.deadletter for the site's own tools; the table has them too."""

from collections.abc import Iterable, Sequence

from anpr.domain.errors import TransportError
from anpr.ingest.batch import Refusal
from anpr.transport.kafka import DEADLETTER_TOPIC, KafkaPublisher
from anpr.transport.records import OutboxRecord


class DeadLetterTopic:
    """Sends each refused message as it came, with headers that say what was wrong and where it stood.

    Of one that is withheld it sends these headers and no value.
    """

    def __init__(self, publisher: KafkaPublisher) -> None:
        self._publisher = publisher

    def send(self, refusals: Iterable[Refusal]) -> None:
        """Send them all. Raises TransportError when some were not acknowledged; sending them again is harmless.

        The error is never permanent: ingest waits until the topic takes them, since its end would help nobody.
        """
        records = [_to_record(number, refusal) for number, refusal in enumerate(refusals)]
        acknowledged = self._publish(records) if records else []
        if len(acknowledged) < len(records):
            raise TransportError(f"{len(records) - len(acknowledged)} dead letters were not acknowledged")

    def _publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        try:
            return self._publisher.publish(records)
        except TransportError as exc:
            raise TransportError(f"{DEADLETTER_TOPIC}: {exc}") from exc

    def close(self) -> None:
        self._publisher.close()


def _to_record(number: int, refusal: Refusal) -> OutboxRecord:
    where = refusal.record
    return OutboxRecord(
        seq=number,
        topic=DEADLETTER_TOPIC,
        key=where.key,
        headers={
            **where.headers,
            "anpr.reason": refusal.reason.encode(),
            "anpr.detail": refusal.letter_detail[:1000].encode(errors="replace"),
            "anpr.topic": where.topic.encode(),
            "anpr.partition": str(where.partition).encode(),
            "anpr.offset": str(where.offset).encode(),
        },
        value=refusal.letter_value,
    )
