# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decodes polled messages into transits, images, health reports and refusals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from anpr.contract.health import decode_health
from anpr.contract.image import ImageHeader, decode_image
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit_fast import read_transit
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.health import HealthReport
from anpr.domain.transit import Transit
from anpr.store.database.partitions import is_storable
from anpr.transport.source import Incoming


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedImage:
    """An image that is what its header says."""

    header: ImageHeader
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A message that does not follow the contract, and why."""

    record: Incoming
    reason: PoisonReason
    detail: str


Item = Transit | ReceivedImage | HealthReport | Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The messages of one poll, in their order, each with what it was decoded to."""

    records: tuple[Incoming, ...]
    items: tuple[Item, ...]

    @property
    def transits(self) -> list[Transit]:
        return [item for item in self.items if isinstance(item, Transit)]

    @property
    def images(self) -> list[ReceivedImage]:
        return [item for item in self.items if isinstance(item, ReceivedImage)]

    @property
    def health(self) -> list[HealthReport]:
        return [item for item in self.items if isinstance(item, HealthReport)]

    @property
    def refusals(self) -> list[Refusal]:
        return [item for item in self.items if isinstance(item, Refusal)]

    def singles(self) -> list["Batch"]:
        """A batch for each message."""
        return [Batch(records=(record,), items=(item,)) for record, item in zip(self.records, self.items, strict=True)]

    def refused(self, reason: PoisonReason, detail: str) -> "Batch":
        """The same messages, all of them refused."""
        items = tuple(Refusal(record=record, reason=reason, detail=detail) for record in self.records)
        return Batch(records=self.records, items=items)


def decode(records: Iterable[Incoming], now: datetime) -> Batch:
    """Decode each message. Never raises for what a message holds; `now` is when they were received."""
    taken = tuple(records)
    return Batch(records=taken, items=tuple(_decode_one(record, now) for record in taken))


def _decode_one(record: Incoming, now: datetime) -> Item:
    try:
        return _read(record, now)
    except MessageError as exc:
        return Refusal(record=record, reason=exc.reason, detail=str(exc))


def _read(record: Incoming, now: datetime) -> Item:
    if record.topic == TRANSITS_TOPIC:
        transit = read_transit(record.value)
        _check_time("captured", transit.captured_at, now)
        return transit
    if record.topic == IMAGES_TOPIC:
        image = ReceivedImage(header=decode_image(dict(record.headers), record.value), data=record.value)
        _check_time("captured", image.header.captured_at, now)
        return image
    if record.topic == HEALTH_TOPIC:
        report = decode_health(record.value)
        _check_time("reported", report.at, now)
        return report
    raise MessageError(PoisonReason.UNKNOWN_TOPIC, f"topic {record.topic!r}")


def _check_time(what: str, moment: datetime, now: datetime) -> None:
    if not is_storable(moment, now):
        raise MessageError(PoisonReason.WRONG_TIME, f"{what} at {moment.isoformat()}, received {now.isoformat()}")
