"""The contract between edge and centre: a transit, its pictures, and the health of what looks, as bytes.

A field may be added without a new version: an older centre ignores what it does not know. A field that changes meaning
or goes away needs a new one. A centre reads its own version and those back to OLDEST; a message of a newer version says
with `readable_from` which is the oldest that understands it, and is refused by those before (docs/contract.md).
"""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate import Direction
from anpr.domain.health import MAX_CHANGES, Change, HealthReport, SubjectKind
from anpr.domain.plate import MAX_LENGTH
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.jpeg import jpeg_fault, jpeg_size
from anpr.settings.edge import Identifier

VERSION = 1
OLDEST = 1
"""Of the versions that are read here; at least the one before VERSION, once there is one."""
MAX_TRANSIT_BYTES = 64 * 1024
MAX_IMAGE_BYTES = 4 * 1024 * 1024
MAX_IMAGE_PIXELS = 64_000_000
"""Twice a camera of 8K. A header may claim 4 billion, for which whoever decodes it would ask for 13 GB of memory."""
TRANSITS_TOPIC = "anpr.transits"
IMAGES_TOPIC = "anpr.images"
HEALTH_TOPIC = "anpr.health"

MAX_PASS = timedelta(days=31)
"""Between first and last sight of a vehicle; a longer one is a clock that was set, or an attack on date arithmetic."""

MAX_HISTORY = timedelta(days=3650)
"""Between a report and the oldest change in it; the database's years reach further than Python's."""

# No control characters: PostgreSQL's text holds no NUL, and one such message would stop the batch it is in.
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Px = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
_Text = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH, pattern=_PLAIN)]
_Line = Annotated[str, Field(max_length=64, pattern=_PLAIN)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


class BoxV1(_Part):
    """Left, top, width, height in px of the context picture."""

    x: _Px
    y: _Px
    w: Annotated[_Px, Field(gt=0)]
    h: Annotated[_Px, Field(gt=0)]


class CandidateV1(_Part):
    """A text with its probability."""

    text: _Text
    probability: _Probability


class ImageRefV1(_Part):
    """A picture that follows on the images topic."""

    role: ImageRole
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Field(gt=0, le=MAX_IMAGE_BYTES)]


class TransitV1(_Part):
    """One vehicle past one gate, version 1 of the contract."""

    version: Literal[1] = 1
    id: UUID
    gate_id: Identifier
    camera_id: Identifier
    reader_id: Identifier
    captured_at: AwareDatetime
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    plate: _Text
    raw: _Line
    confidence: _Probability
    candidates: Annotated[tuple[CandidateV1, ...], Field(max_length=32)]
    reads: Annotated[int, Field(ge=1, le=1_000_000)]
    box: BoxV1
    country: Annotated[str, Field(max_length=3, pattern=_PLAIN)] | None = None
    direction: Direction | None = None
    lane: _Line | None = None
    images: Annotated[tuple[ImageRefV1, ...], Field(max_length=8)] = ()


def encode_transit(transit: Transit) -> bytes:
    """The transit as JSON, about 1 KB. MessageError when it does not fit the contract: the edge says so first."""
    try:
        message = TransitV1.model_validate(transit, from_attributes=True)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"transit {transit.id}: {_first_error(exc)}") from exc
    return message.model_dump_json(exclude_none=True).encode()


def decode_transit(data: bytes) -> Transit:
    """The transit in these bytes; MessageError with a typed reason when they do not follow the contract."""
    fields = _parse(data)
    _check_version(fields)
    try:
        return _to_domain(TransitV1.model_validate(fields))
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, _first_error(exc)) from exc
    except ValueError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, str(exc)) from exc


def _check_version(fields: dict[str, Any]) -> None:
    """A newer message that says we understand it is read as one of ours; the fields it adds are ignored."""
    version = fields.get("version")
    if _is_ours(version):
        return
    readable_from = fields.get("readable_from", version)
    if type(version) is int and version > VERSION and _is_ours(readable_from):
        fields["version"] = VERSION
        return
    raise MessageError(
        PoisonReason.UNKNOWN_VERSION,
        f"version {str(version)[:20]!r}, readable from {str(readable_from)[:20]!r}; this centre reads {OLDEST} to"
        f" {VERSION}",
    )


def _is_ours(version: object) -> bool:
    return type(version) is int and OLDEST <= version <= VERSION


def _first_error(exc: ValidationError) -> str:
    error = exc.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part)[:32] for part in error["loc"]) or "message"
    return f"{where}: {error['msg']}"


def _parse(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_TRANSIT_BYTES}")
    try:
        fields = from_json(data, allow_inf_nan=False)
    except ValueError as exc:
        raise MessageError(PoisonReason.NOT_JSON, f"{len(data)} bytes that are not JSON") from exc
    if not isinstance(fields, dict):
        raise MessageError(PoisonReason.WRONG_SHAPE, "not a JSON object")
    return fields


def _to_domain(message: TransitV1) -> Transit:
    for name in ("first_seen", "last_seen"):
        if abs(getattr(message, name) - message.captured_at) > MAX_PASS:
            raise ValueError(f"{name} is more than {MAX_PASS.days} days from captured_at")
    # Field by field: this runs for every transit of a region, and model_dump() takes three times as long.
    box = message.box
    return Transit(
        id=message.id,
        gate_id=message.gate_id,
        camera_id=message.camera_id,
        reader_id=message.reader_id,
        captured_at=message.captured_at,
        first_seen=message.first_seen,
        last_seen=message.last_seen,
        plate=message.plate,
        raw=message.raw,
        confidence=message.confidence,
        candidates=tuple([Candidate(text=each.text, probability=each.probability) for each in message.candidates]),
        reads=message.reads,
        box=Box(x=box.x, y=box.y, w=box.w, h=box.h),
        country=message.country,
        direction=message.direction,
        lane=message.lane,
        images=tuple([ImageRef(role=each.role, sha256=each.sha256, size=each.size) for each in message.images]),
    )


class ImageHeader(_Part):
    """What travels beside the JPEG bytes of one picture, each value as text: in Kafka, the headers."""

    version: Literal[1] = 1
    transit_id: UUID
    captured_at: AwareDatetime
    gate_id: Identifier
    role: ImageRole
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    def to_headers(self) -> dict[str, bytes]:
        """As named byte strings."""
        return {name: str(value).encode() for name, value in self.model_dump(mode="json").items()}


def image_header(*, transit: Transit, role: ImageRole, data: bytes) -> ImageHeader:
    """The header for one of the transit's pictures."""
    return ImageHeader(
        transit_id=transit.id,
        captured_at=transit.captured_at,
        gate_id=transit.gate_id,
        role=role,
        sha256=sha256_of(data),
    )


def decode_image(headers: dict[str, bytes], data: bytes) -> ImageHeader:
    """The header of a picture, after its bytes were held against it; MessageError when they do not agree."""
    if len(data) > MAX_IMAGE_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_IMAGE_BYTES}")
    try:
        header = ImageHeader.model_validate(_header_fields(headers))
    except (ValidationError, UnicodeDecodeError) as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, "image headers are missing or wrong") from exc
    if sha256_of(data) != header.sha256:
        raise MessageError(PoisonReason.WRONG_DIGEST, f"picture of transit {header.transit_id} is not what was sent")
    _check_jpeg(header, data)
    return header


def _check_jpeg(header: ImageHeader, data: bytes) -> None:
    """Whoever looks at it must be given a picture and nothing else, and one that fits into memory."""
    width, height = jpeg_size(data) or (0, 0)
    if width * height > MAX_IMAGE_PIXELS:
        raise MessageError(
            PoisonReason.TOO_LARGE, f"picture of transit {header.transit_id} claims {width} x {height} px"
        )
    if fault := jpeg_fault(data):
        raise MessageError(PoisonReason.WRONG_SHAPE, f"picture of transit {header.transit_id}: {fault}")


def _header_fields(headers: dict[str, bytes]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value.decode() for name, value in headers.items()}
    for name in ("version", "readable_from"):
        if name in fields and fields[name].isascii() and fields[name].isdecimal():
            fields[name] = int(fields[name][:9])
    fields.setdefault("version", 1)  # the first readers did not say
    _check_version(fields)
    return fields


class ChangeV1(_Part):
    """In this state since then."""

    state: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    since: AwareDatetime


class HealthV1(_Part):
    """The latest states of one camera or reader, oldest first, version 1 of the contract."""

    version: Literal[1] = 1
    kind: Literal[SubjectKind.CAMERA, SubjectKind.READER]
    id: Identifier
    reader_id: Identifier
    gate_ids: Annotated[tuple[Identifier, ...], Field(max_length=1000)]
    at: AwareDatetime
    changes: Annotated[tuple[ChangeV1, ...], Field(min_length=1, max_length=MAX_CHANGES)]


def encode_health(report: HealthReport) -> bytes:
    """The report as JSON. MessageError when it does not fit the contract."""
    try:
        return HealthV1.model_validate(report, from_attributes=True).model_dump_json().encode()
    except ValidationError as exc:
        raise MessageError(
            PoisonReason.WRONG_SHAPE, f"health of {report.kind} {report.id}: {_first_error(exc)}"
        ) from exc


def decode_health(data: bytes) -> HealthReport:
    """The report in these bytes; MessageError with a typed reason when they do not follow the contract."""
    fields = _parse(data)
    _check_version(fields)
    try:
        message = HealthV1.model_validate(fields)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, _first_error(exc)) from exc
    moments = [*(change.since for change in message.changes), message.at]
    if moments != sorted(moments):
        raise MessageError(PoisonReason.WRONG_SHAPE, "changes: not in the order of time, or later than the report")
    if moments[-1] - moments[0] > MAX_HISTORY:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"changes: from more than {MAX_HISTORY.days} days ago")
    return HealthReport(
        kind=message.kind,
        id=message.id,
        reader_id=message.reader_id,
        gate_ids=message.gate_ids,
        at=message.at,
        changes=tuple([Change(state=change.state, since=change.since) for change in message.changes]),
    )


def health_key(report: HealthReport) -> bytes:
    """Key on the health topic: the broker keeps the newest report of each subject."""
    return f"{report.kind}/{report.id}".encode()


def sha256_of(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a transit message, as published in docs/."""
    return TransitV1.model_json_schema()


def health_json_schema() -> dict[str, Any]:
    """The JSON Schema of a health message, as published in docs/."""
    return HealthV1.model_json_schema()


def image_json_schema() -> dict[str, Any]:
    """The JSON Schema of the headers beside a picture, as published in docs/."""
    return ImageHeader.model_json_schema()


def captured_day(moment: datetime) -> str:
    """UTC day, the name of partitions and image folders."""
    return moment.strftime("%Y-%m-%d")
