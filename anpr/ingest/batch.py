# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decodes polled messages into transits, images, health reports and refusals, and says who vouches for each."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from anpr.contract.health import decode_health
from anpr.contract.image import ImageHeader, decode_image
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC, VIEWS_TOPIC
from anpr.contract.transit_fast import read_transit
from anpr.contract.view import decode_view
from anpr.domain.camera_view import CameraView
from anpr.domain.errors import MessageError, PoisonReason, WrongSignerError
from anpr.domain.health import HealthReport, SubjectKind
from anpr.domain.signature import Signature
from anpr.domain.transit import Transit
from anpr.ingest.key_ring import LOCAL, UNSIGNED, KeyRing, Origin
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
    signer: str | None = None
    """The reader that signed it, where that is certain."""
    is_withheld: bool = False
    """Whether nobody may read it later: it may hold a plate that is not kept."""

    @property
    def letter_value(self) -> bytes:
        """What a dead letter keeps of the message."""
        return b"" if self.is_withheld else self.record.value

    @property
    def letter_detail(self) -> str:
        """What a dead letter says of the fault."""
        return WITHHELD if self.is_withheld else self.detail

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition, offset."""
        return self.record.topic, self.record.partition, self.record.offset


WITHHELD = "neither detail nor value are kept: its gate keeps hits only, or is not told"


@dataclass(frozen=True, slots=True)
class Discarded:
    """A transit that is counted and not kept, or an image of one."""


Oldest = Callable[[str], datetime]
"""Gives the first capture time (UTC) that is kept of a gate, by its id."""
Item = Transit | ReceivedImage | HealthReport | CameraView | Refusal | Discarded


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """The messages of one poll, in their order, each with what it was decoded to and who vouches for it."""

    records: tuple[Incoming, ...]
    items: tuple[Item, ...]
    origins: tuple[Origin, ...]

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
    def views(self) -> list[CameraView]:
        return [item for item in self.items if isinstance(item, CameraView)]

    @property
    def refusals(self) -> list[Refusal]:
        return [item for item in self.items if isinstance(item, Refusal)]

    @property
    def signatures(self) -> dict[UUID, Signature]:
        """How each transit came; of two with one id, the first."""
        pairs = zip(reversed(self.items), reversed(self.origins), strict=True)
        return {item.id: origin.signature for item, origin in pairs if isinstance(item, Transit)}

    @property
    def heartbeats(self) -> dict[str, Signature]:
        """How the last report of each reader about itself came, by its id."""
        pairs = zip(self.items, self.origins, strict=True)
        return {
            item.id: origin.signature
            for item, origin in pairs
            if isinstance(item, HealthReport) and item.kind is SubjectKind.READER
        }

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
        some = list(places)
        return Batch(
            records=tuple([self.records[place] for place in some]),
            items=tuple([self.items[place] for place in some]),
            origins=tuple([self.origins[place] for place in some]),
        )

    def without(self, transit_ids: Set[UUID]) -> "Batch":
        """The batch with these transits, and the images of them, discarded."""
        items = tuple([Discarded() if _transit_id(item) in transit_ids else item for item in self.items])
        return replace(self, items=items)

    def refused(self, reason: PoisonReason, detail: str) -> "Batch":
        """The same messages, all of them refused."""
        items = tuple(Refusal(record=record, reason=reason, detail=detail) for record in self.records)
        return Batch(records=self.records, items=items, origins=self.origins)


def _transit_id(item: Item) -> UUID | None:
    if isinstance(item, Transit):
        return item.id
    return item.header.transit_id if isinstance(item, ReceivedImage) else None


def decode(records: Iterable[Incoming], now: datetime, oldest: Oldest, keys: KeyRing | None = None) -> Batch:
    """Decode each message. Never raises for what a message holds.

    `now` is when they were received, `oldest` the first capture time (UTC) that is kept of each gate: retention begins
    at the door.
    Signatures are verified by `keys`; without them the messages are from this machine, and local.
    """
    taken = tuple(records)
    pairs = [_decode_one(record, now, oldest, keys) for record in taken]
    items, origins = zip(*pairs, strict=True) if pairs else ((), ())
    return Batch(records=taken, items=items, origins=origins)


def _decode_one(record: Incoming, now: datetime, oldest: Oldest, keys: KeyRing | None) -> tuple[Item, Origin]:
    try:
        item = _read(record, now, oldest)
        return item, LOCAL if keys is None else keys.origin(record, _readers(item))
    except MessageError as exc:
        signer = exc.signer if isinstance(exc, WrongSignerError) else None
        return Refusal(record=record, reason=exc.reason, detail=str(exc), signer=signer), UNSIGNED


def _readers(item: Transit | ReceivedImage | HealthReport | CameraView) -> tuple[str, ...]:
    """For whom a message speaks: an image for nobody, since its transit names its digest."""
    if isinstance(item, ReceivedImage):
        return ()
    if isinstance(item, HealthReport) and item.kind is SubjectKind.READER:
        return item.reader_id, item.id
    return (item.reader_id,)


def _read(record: Incoming, now: datetime, oldest: Oldest) -> Transit | ReceivedImage | HealthReport | CameraView:
    if record.topic == TRANSITS_TOPIC:
        transit = read_transit(record.value)
        _check_capture(transit.captured_at, now, oldest(transit.gate_id))
        return transit
    if record.topic == IMAGES_TOPIC:
        image = ReceivedImage(header=decode_image(dict(record.headers), record.value), data=record.value)
        _check_capture(image.header.captured_at, now, oldest(image.header.gate_id))
        return image
    if record.topic == HEALTH_TOPIC:
        report = decode_health(record.value)
        _check_time("reported", report.at, now)
        return report
    if record.topic == VIEWS_TOPIC:
        view = decode_view(record.value)
        _check_time("made", view.at, now)
        return view
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
