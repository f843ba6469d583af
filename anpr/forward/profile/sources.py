# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sources: the values that a profile's field may be filled from, by name."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import NAMESPACE_OID, UUID, uuid5

from anpr.contract.parsing import sha256_of
from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit

NamedImage = tuple[str, bytes]
"""The name of the image's own file, empty when it has none, and the bytes that are sent."""

Value = str | int | float | datetime | date | None


class SourceKind(StrEnum):
    """Kind of value that a source yields; a field's `type` must fit it."""

    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmFacts:
    """What is told of an alarm: `message` is `raised` or `outcome`; outcome and its time (UTC) come with the latter."""

    id: int
    message: str
    kind: str
    plate: str
    list_id: str
    list_name: str
    priority: str
    raised_at: datetime
    outcome: str | None = None
    closed_at: datetime | None = None
    version: int = 1
    """Of an outcome: the highest is the one that holds."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What all records of one batch share.

    `day` is the transits' calendar day; `number` counts the batches of that day and destination from 1;
    `created_at` is when the batch was made (UTC) and stays the same when it is sent again.
    """

    destination: str
    municipality: str
    day: date
    number: int
    created_at: datetime
    gates: Mapping[str, Gate] = field(default_factory=lambda: MappingProxyType({}))
    images: Mapping[tuple[UUID, ImageRole], bytes] = field(default_factory=lambda: MappingProxyType({}))
    alarm: AlarmFacts | None = None
    """Of a message to a destination of alarms: what was raised by the one transit that the file has."""


@dataclass(kw_only=True, slots=True)  # not frozen, which would take twice the time, a million times a night
class Record:
    """One transit on its way into a file; `number` is its place there, from 1. Nobody changes one."""

    context: Context
    transit: Transit
    number: int
    images: Mapping[ImageRole, NamedImage]

    def numbered(self, number: int) -> "Record":
        """The same in another place."""
        return self if number == self.number else replace(self, number=number)

    @property
    def gate(self) -> Gate | None:
        """The gate, when the centre knows it."""
        return self.context.gates.get(self.transit.gate_id)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What a header or a trailer is filled from: the batch, and how many records it has."""

    context: Context
    records: int


@dataclass(frozen=True)
class Source:
    """A value of a record: its kind, and how to get it."""

    kind: SourceKind
    get: Callable[[Record], Value]


@dataclass(frozen=True)
class BatchSource:
    """A value of a header or trailer: its kind, and how to get it."""

    kind: SourceKind
    get: Callable[[Batch], Value]


def _text(get: Callable[[Record], Value]) -> Source:
    return Source(SourceKind.TEXT, get)


def _number(get: Callable[[Record], Value]) -> Source:
    return Source(SourceKind.NUMBER, get)


def _moment(get: Callable[[Record], Value]) -> Source:
    return Source(SourceKind.MOMENT, get)


def _of_image(role: ImageRole, get: Callable[[NamedImage], Value]) -> Callable[[Record], Value]:
    def value(record: Record) -> Value:
        image = record.images.get(role)
        return None if image is None else get(image)

    return value


def _original_of(role: ImageRole) -> Callable[[Record], Value]:
    """The SHA-256 that was made at the gate; None where the image is not sent."""

    def value(record: Record) -> Value:
        original = next((image.sha256 for image in record.transit.images if image.role is role), None)
        return original if role in record.images else None

    return value


def _of_gate(get: Callable[[Gate], Value]) -> Callable[[Record], Value]:
    return lambda record: None if record.gate is None else get(record.gate)


def _of_alarm(get: Callable[[AlarmFacts], Value]) -> Callable[[Record], Value]:
    return lambda record: None if record.context.alarm is None else get(record.context.alarm)


def _bearing(record: Record) -> Value:
    cameras = record.gate.cameras if record.gate else ()
    return next((camera.bearing_deg for camera in cameras if camera.id == record.transit.camera_id), None)


def _urn(context: Context) -> str:
    """The same for a batch that is sent again."""
    key = f"{context.municipality}\n{context.destination}\n{context.day.isoformat()}\n{context.number}"
    return uuid5(NAMESPACE_OID, key).urn


BATCH_SOURCES: Mapping[str, BatchSource] = MappingProxyType(
    {
        "destination": BatchSource(SourceKind.TEXT, lambda b: b.context.destination),
        "site.municipality": BatchSource(SourceKind.TEXT, lambda b: b.context.municipality),
        "batch.day": BatchSource(SourceKind.MOMENT, lambda b: b.context.day),
        "batch.number": BatchSource(SourceKind.NUMBER, lambda b: b.context.number),
        "batch.created_at": BatchSource(SourceKind.MOMENT, lambda b: b.context.created_at),
        "batch.urn": BatchSource(SourceKind.TEXT, lambda b: _urn(b.context)),
        "batch.records": BatchSource(SourceKind.NUMBER, lambda b: b.records),
    }
)

_TRANSIT_SOURCES: dict[str, Source] = {
    "destination": _text(lambda r: r.context.destination),
    "site.municipality": _text(lambda r: r.context.municipality),
    "batch.day": _moment(lambda r: r.context.day),
    "batch.number": _number(lambda r: r.context.number),
    "batch.created_at": _moment(lambda r: r.context.created_at),
    "record.number": _number(lambda r: r.number),
    "transit.id": _text(lambda r: str(r.transit.id)),
    "plate": _text(lambda r: r.transit.plate),
    "raw": _text(lambda r: r.transit.raw),
    "country": _text(lambda r: r.transit.country),
    "confidence": _number(lambda r: r.transit.confidence),
    "reads": _number(lambda r: r.transit.reads),
    "captured_at": _moment(lambda r: r.transit.captured_at),
    "first_seen": _moment(lambda r: r.transit.first_seen),
    "last_seen": _moment(lambda r: r.transit.last_seen),
    "direction": _text(lambda r: r.transit.direction),
    "lane": _text(lambda r: r.transit.lane),
    "reader.id": _text(lambda r: r.transit.reader_id),
    "camera.id": _text(lambda r: r.transit.camera_id),
    "camera.bearing_deg": _number(_bearing),
    "gate.id": _text(lambda r: r.transit.gate_id),
    "gate.name": _text(_of_gate(lambda g: g.name)),
    "gate.purpose": _text(_of_gate(lambda g: g.purpose)),
    "gate.latitude": _number(_of_gate(lambda g: g.latitude)),
    "gate.longitude": _number(_of_gate(lambda g: g.longitude)),
    "box.x": _number(lambda r: r.transit.box.x),
    "box.y": _number(lambda r: r.transit.box.y),
    "box.w": _number(lambda r: r.transit.box.w),
    "box.h": _number(lambda r: r.transit.box.h),
    "alarm.id": _text(_of_alarm(lambda a: str(a.id))),
    "alarm.message": _text(_of_alarm(lambda a: a.message)),
    "alarm.version": _number(_of_alarm(lambda a: a.version)),
    "alarm.kind": _text(_of_alarm(lambda a: a.kind)),
    "alarm.plate": _text(_of_alarm(lambda a: a.plate)),
    "alarm.list": _text(_of_alarm(lambda a: a.list_id)),
    "alarm.list_name": _text(_of_alarm(lambda a: a.list_name)),
    "alarm.priority": _text(_of_alarm(lambda a: a.priority)),
    "alarm.raised_at": _moment(_of_alarm(lambda a: a.raised_at)),
    "alarm.outcome": _text(_of_alarm(lambda a: a.outcome)),
    "alarm.closed_at": _moment(_of_alarm(lambda a: a.closed_at)),
}

for _role in ImageRole:
    _TRANSIT_SOURCES |= {
        f"image.{_role}.name": _text(_of_image(_role, lambda p: p[0])),
        f"image.{_role}.base64": _text(_of_image(_role, lambda p: base64.b64encode(p[1]).decode("ascii"))),
        f"image.{_role}.sha256": _text(_of_image(_role, lambda p: sha256_of(p[1]))),
        f"image.{_role}.original_sha256": _text(_original_of(_role)),
        f"image.{_role}.size": _number(_of_image(_role, lambda p: len(p[1]))),
    }

TRANSIT_SOURCES: Mapping[str, Source] = MappingProxyType(_TRANSIT_SOURCES)

PLATE_SOURCES = frozenset({"plate", "raw", "alarm.plate"})
"""Sources whose values never appear in a reason: reasons are printed, and kept longer than plates."""
