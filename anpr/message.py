"""The contract between edge and centre: a transit, and its pictures, as bytes.

Version 1. A field may be added without a new version (an older centre ignores what it does not know); a field that
changes meaning or goes away needs a new one, and `decode_transit` keeps reading the one before.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate import Direction
from anpr.domain.plate import MAX_LENGTH
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit

VERSION = 1
MAX_TRANSIT_BYTES = 64 * 1024
MAX_IMAGE_BYTES = 4 * 1024 * 1024
TRANSITS_TOPIC = "anpr.transits"
IMAGES_TOPIC = "anpr.images"

_Name = Annotated[str, Field(min_length=1, max_length=64)]
_Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Px = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
_Text = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH)]


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
    gate_id: _Name
    camera_id: _Name
    reader_id: _Name
    captured_at: AwareDatetime
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    plate: _Text
    raw: Annotated[str, Field(max_length=64)]
    confidence: _Probability
    candidates: Annotated[tuple[CandidateV1, ...], Field(max_length=32)]
    reads: Annotated[int, Field(ge=1, le=1_000_000)]
    box: BoxV1
    country: Annotated[str, Field(max_length=3)] | None = None
    direction: Direction | None = None
    lane: Annotated[str, Field(max_length=64)] | None = None
    images: Annotated[tuple[ImageRefV1, ...], Field(max_length=8)] = ()


def encode_transit(transit: Transit) -> bytes:
    """The transit as JSON, about 1 KB."""
    return TransitV1.model_validate(transit, from_attributes=True).model_dump_json(exclude_none=True).encode()


def decode_transit(data: bytes) -> Transit:
    """The transit in these bytes; MessageError with a typed reason when they do not follow the contract."""
    fields = _parse(data)
    version = fields.get("version")
    if version != VERSION:
        raise MessageError(PoisonReason.UNKNOWN_VERSION, f"version {str(version)[:20]!r}, this centre reads {VERSION}")
    try:
        return _to_domain(TransitV1.model_validate(fields))
    except ValidationError as exc:
        where = ".".join(str(part) for part in exc.errors()[0]["loc"]) or "message"
        raise MessageError(PoisonReason.WRONG_SHAPE, f"{where}: {exc.errors()[0]['msg']}") from exc
    except ValueError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, str(exc)) from exc


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
    parts = message.model_dump(exclude={"version", "box", "candidates", "images"})
    return Transit(
        **parts,
        box=Box(**message.box.model_dump()),
        candidates=tuple(Candidate(**c.model_dump()) for c in message.candidates),
        images=tuple(ImageRef(**i.model_dump()) for i in message.images),
    )


class ImageHeader(_Part):
    """What travels beside the JPEG bytes of one picture: in Kafka, the key and the headers."""

    transit_id: UUID
    captured_at: AwareDatetime
    gate_id: _Name
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
        header = ImageHeader.model_validate({name: value.decode() for name, value in headers.items()})
    except (ValidationError, UnicodeDecodeError) as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, "image headers are missing or wrong") from exc
    if sha256_of(data) != header.sha256:
        raise MessageError(PoisonReason.WRONG_DIGEST, f"picture of transit {header.transit_id} is not what was sent")
    return header


def sha256_of(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a transit message, as published in docs/."""
    return TransitV1.model_json_schema()


def captured_day(moment: datetime) -> str:
    """UTC day, the name of partitions and image folders."""
    return moment.strftime("%Y-%m-%d")
