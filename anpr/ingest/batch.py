"""What was polled, looked into: transits, pictures, and what nobody can use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.transit import Transit
from anpr.message import IMAGES_TOPIC, TRANSITS_TOPIC, ImageHeader, decode_image, decode_transit
from anpr.store.partitions import is_storable
from anpr.transport.source import Incoming


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture that is what its header says."""

    header: ImageHeader
    data: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A message that follows no contract we know, and why."""

    record: Incoming
    reason: PoisonReason
    detail: str


Item = Transit | Picture | Refusal


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The messages of one poll, in their order, each with what it turned out to be."""

    records: tuple[Incoming, ...]
    items: tuple[Item, ...]

    @property
    def transits(self) -> list[Transit]:
        return [item for item in self.items if isinstance(item, Transit)]

    @property
    def pictures(self) -> list[Picture]:
        return [item for item in self.items if isinstance(item, Picture)]

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
    """Look into each message. Never raises for what a message holds."""
    taken = tuple(records)
    return Batch(records=taken, items=tuple(_decode_one(record, now) for record in taken))


def _decode_one(record: Incoming, now: datetime) -> Item:
    try:
        if record.topic == TRANSITS_TOPIC:
            return _in_time(decode_transit(record.value), now)
        if record.topic == IMAGES_TOPIC:
            picture = Picture(header=decode_image(dict(record.headers), record.value), data=record.value)
            _check_time(picture.header.captured_at, now)
            return picture
    except MessageError as exc:
        return Refusal(record=record, reason=exc.reason, detail=str(exc))
    return Refusal(record=record, reason=PoisonReason.UNKNOWN_TOPIC, detail=f"topic {record.topic!r}")


def _in_time(transit: Transit, now: datetime) -> Transit:
    _check_time(transit.captured_at, now)
    return transit


def _check_time(captured_at: datetime, now: datetime) -> None:
    if not is_storable(captured_at, now):
        raise MessageError(
            PoisonReason.WRONG_TIME, f"captured at {captured_at.isoformat()}, received {now.isoformat()}"
        )
