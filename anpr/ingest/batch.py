# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decodes polled messages into transits, images, health reports and refusals."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.contract.health import decode_health
from anpr.contract.image import ImageHeader, decode_image
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit_fast import read_transit
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.health import HealthReport
from anpr.domain.transit import Transit
from anpr.store.database.partitions import is_storable
from anpr.transport.source import Incoming

MOST_AHEAD = timedelta(minutes=10)
"""What a reader's clock may be ahead of the centre's. Its drift is watched apart (clock_skew)."""


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

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition, offset."""
        return self.record.topic, self.record.partition, self.record.offset


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

    def by(self, key: Callable[[Incoming], str]) -> list["Batch"]:
        """A batch for each value of `key`, the smallest batch first; messages stay in their order."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, record in enumerate(self.records):
            places[key(record)].append(place)
        return [self._of(some) for some in sorted(places.values(), key=len)]

    def halves(self) -> list["Batch"]:
        """Two batches, the first and the second half of at least two messages."""
        middle = len(self.records) // 2
        return [self._of(range(middle)), self._of(range(middle, len(self.records)))]

    def _of(self, places: Iterable[int]) -> "Batch":
        pairs = [(self.records[place], self.items[place]) for place in places]
        return Batch(records=tuple(record for record, _ in pairs), items=tuple(item for _, item in pairs))

    def refused(self, reason: PoisonReason, detail: str) -> "Batch":
        """The same messages, all of them refused."""
        items = tuple(Refusal(record=record, reason=reason, detail=detail) for record in self.records)
        return Batch(records=self.records, items=items)


def decode(records: Iterable[Incoming], now: datetime, oldest: datetime) -> Batch:
    """Decode each message. Never raises for what a message holds.

    `now` is when they were received, `oldest` the first capture time (UTC) that is kept: retention begins at the door.
    """
    taken = tuple(records)
    return Batch(records=taken, items=tuple(_decode_one(record, now, oldest) for record in taken))


def _decode_one(record: Incoming, now: datetime, oldest: datetime) -> Item:
    try:
        return _read(record, now, oldest)
    except MessageError as exc:
        return Refusal(record=record, reason=exc.reason, detail=str(exc))


def _read(record: Incoming, now: datetime, oldest: datetime) -> Item:
    if record.topic == TRANSITS_TOPIC:
        transit = read_transit(record.value)
        _check_capture(transit.captured_at, now, oldest)
        return transit
    if record.topic == IMAGES_TOPIC:
        image = ReceivedImage(header=decode_image(dict(record.headers), record.value), data=record.value)
        _check_capture(image.header.captured_at, now, oldest)
        return image
    if record.topic == HEALTH_TOPIC:
        report = decode_health(record.value)
        _check_time("reported", report.at, now)
        return report
    raise MessageError(PoisonReason.UNKNOWN_TOPIC, f"topic {record.topic!r}")


def _check_capture(moment: datetime, now: datetime, oldest: datetime) -> None:
    _check_time("captured", max(moment, oldest), now)
    if moment < oldest:
        raise MessageError(
            PoisonReason.TOO_OLD,
            f"captured at {moment.isoformat()}, kept is what was captured from {oldest.isoformat()} on",
        )


def _check_time(what: str, moment: datetime, now: datetime) -> None:
    if not is_storable(moment, now) or moment > now + MOST_AHEAD:
        raise MessageError(PoisonReason.WRONG_TIME, f"{what} at {moment.isoformat()}, received {now.isoformat()}")
