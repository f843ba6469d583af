# SPDX-License-Identifier: AGPL-3.0-or-later
"""A source of messages for tests of ingest: a list, with what was committed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from anpr.contract.image import image_header
from anpr.contract.signature import SIGNATURE_HEADER, SigningKey
from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.transit import ImageRole, Transit
from anpr.transport.source import Incoming


class ListSource:
    """One partition in memory. `reopen` gives what a new consumer would see: everything not committed."""

    def __init__(self, records: Iterable[Incoming]) -> None:
        self.records = list(records)
        self.committed = 0
        self._position = 0

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:  # noqa: ARG002  it never waits
        found = self.records[self._position : self._position + max_records]
        self._position += len(found)
        return found

    def commit(self, records: Sequence[Incoming]) -> None:
        self.committed = max([self.committed, *(self.records.index(record) + 1 for record in records)])

    def close(self) -> None:
        """Nothing to let go."""

    def reopen(self) -> "ListSource":
        source = ListSource(self.records)
        source.committed = source._position = self.committed
        return source


def message(
    value: bytes, offset: int, topic: str = TRANSITS_TOPIC, headers: dict[str, bytes] | None = None
) -> Incoming:
    """A message as it comes from a source."""
    return Incoming(topic=topic, partition=0, offset=offset, key=b"gate-1", headers=headers or {}, value=value)


def transit_message(transit: Transit, offset: int) -> Incoming:
    """The transit as it comes from a source."""
    return message(encode_transit(transit), offset)


def image_message(transit: Transit, role: ImageRole, data: bytes, offset: int) -> Incoming:
    """The picture as it comes from a source."""
    return message(data, offset, IMAGES_TOPIC, image_header(transit=transit, role=role, data=data).to_headers())


def signed(record: Incoming, key: SigningKey) -> Incoming:
    """The message as a reader with this key sends it."""
    signature = key.sign(record.topic, record.key, record.headers, record.value)
    return replace(record, headers={**record.headers, SIGNATURE_HEADER: signature})
