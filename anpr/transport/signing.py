# SPDX-License-Identifier: AGPL-3.0-or-later
"""Publisher decorator that signs: each record on its way to the broker gets its reader's signature as a header.

It signs at publishing and not in the outbox, so that what waits there is signed too, with the key of that moment.
"""

from collections.abc import Sequence
from dataclasses import replace

from anpr.contract.signature import SIGNATURE_HEADER, SigningKey
from anpr.transport.pump import Publisher
from anpr.transport.records import OutboxRecord


class SigningPublisher:
    """Signs with `key`, then publishes by `publisher`. For one thread."""

    def __init__(self, publisher: Publisher, key: SigningKey) -> None:
        self._publisher = publisher
        self._key = key

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        """As the publisher behind it does. Raises TransportError as that does."""
        return self._publisher.publish([self._signed(record) for record in records])

    def _signed(self, record: OutboxRecord) -> OutboxRecord:
        signature = self._key.sign(record.topic, record.key, record.headers, record.value)
        return replace(record, headers={**record.headers, SIGNATURE_HEADER: signature})
