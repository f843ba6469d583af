# SPDX-License-Identifier: AGPL-3.0-or-later
"""Source interface of ingest: the same three calls over Kafka and over an outbox on the same machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """One message as it arrived, not yet looked into. (topic, partition, offset) names it for ever."""

    topic: str
    partition: int
    offset: int
    key: bytes
    headers: Mapping[str, bytes]
    value: bytes
    arrived_at: datetime | None = None
    """When the broker took it, by its clock; None where nobody says so."""


class Source(Protocol):
    """Where messages come from. What was polled and not committed comes again after reopening."""

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:
        """The next messages, in order per partition; empty when none came within `timeout_s` seconds.

        Raises TransportError; after one that is not permanent, poll again: messages may then come twice.
        """

    def commit(self, records: Sequence[Incoming]) -> None:
        """These, and all before them in their partitions, are stored and need not come again.

        Raises TransportError as poll does.
        """

    def close(self) -> None:
        """Let go; commits nothing."""
