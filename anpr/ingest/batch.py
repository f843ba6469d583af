"""What was polled, looked into: transits, pictures, health reports, and what nobody can use."""

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


Item = Transit | Picture | HealthReport | Refusal


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
    """Look into each message. Never raises for what a message holds."""
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
        picture = Picture(header=decode_image(dict(record.headers), record.value), data=record.value)
        _check_time("captured", picture.header.captured_at, now)
        return picture
    if record.topic == HEALTH_TOPIC:
        report = decode_health(record.value)
        _check_time("reported", report.at, now)
        return report
    raise MessageError(PoisonReason.UNKNOWN_TOPIC, f"topic {record.topic!r}")


def _check_time(what: str, moment: datetime, now: datetime) -> None:
    if not is_storable(moment, now):
        raise MessageError(PoisonReason.WRONG_TIME, f"{what} at {moment.isoformat()}, received {now.isoformat()}")
