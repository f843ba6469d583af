# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transit message: one vehicle past one gate as JSON, about 1 KB."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, ValidationError

from anpr.contract.parsing import (
    PLAIN_PATTERN,
    Identifier,
    Line,
    Part,
    PlateText,
    Probability,
    Px,
    Sha256,
    check_version,
    first_error,
    parse_object,
)
from anpr.contract.topics import MAX_IMAGE_BYTES
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate import Direction
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.domain.transit_id import is_bound

MAX_PASS = timedelta(days=31)
"""Between first and last sight of a vehicle; a longer one is a clock that was set, or an attack on date arithmetic."""
UNBOUND = "id: not a UUIDv7 of the time in captured_at"
MAX_CANDIDATES = 32
MAX_READS = 1_000_000
MAX_IMAGES = 8
MAX_SOFTWARE = 255
"""Characters of what a reader says of its program and models."""
MAX_COUNTRY = 3
"""Characters of a country's code."""


class BoxV1(Part):
    """Left, top, width, height in px of the context image."""

    x: Px
    y: Px
    w: Annotated[Px, Field(gt=0)]
    h: Annotated[Px, Field(gt=0)]


class CandidateV1(Part):
    """A text with its probability."""

    text: PlateText
    probability: Probability


class ImageRefV1(Part):
    """An image that follows on the images topic."""

    role: ImageRole
    sha256: Sha256
    size: Annotated[int, Field(gt=0, le=MAX_IMAGE_BYTES)]


class TransitV1(Part):
    """One vehicle past one gate, version 1 of the contract."""

    version: Literal[1] = 1
    id: UUID
    gate_id: Identifier
    camera_id: Identifier
    reader_id: Identifier
    captured_at: AwareDatetime
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    plate: PlateText
    raw: Line
    confidence: Probability
    candidates: Annotated[tuple[CandidateV1, ...], Field(max_length=MAX_CANDIDATES)]
    reads: Annotated[int, Field(ge=1, le=MAX_READS)]
    box: BoxV1
    country: Annotated[str, Field(max_length=MAX_COUNTRY, pattern=PLAIN_PATTERN)] | None = None
    direction: Direction | None = None
    lane: Line | None = None
    images: Annotated[tuple[ImageRefV1, ...], Field(max_length=MAX_IMAGES)] = ()
    software: Annotated[str, Field(min_length=1, max_length=MAX_SOFTWARE, pattern=PLAIN_PATTERN)] | None = None


def encode_transit(transit: Transit) -> bytes:
    """The transit as JSON, about 1 KB. MessageError when it does not fit the contract: the edge says so first."""
    try:
        message = TransitV1.model_validate(transit, from_attributes=True)
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, f"transit {transit.id}: {first_error(exc)}") from exc
    if not is_bound(transit.id, transit.captured_at):
        raise MessageError(PoisonReason.WRONG_SHAPE, f"transit {transit.id}: {UNBOUND}")
    return message.model_dump_json(exclude_none=True).encode()


def decode_transit(data: bytes) -> Transit:
    """The transit in these bytes; MessageError with a typed reason when they do not follow the contract."""
    fields = parse_object(data)
    check_version(fields)
    try:
        return _to_domain(TransitV1.model_validate(fields))
    except ValidationError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, first_error(exc)) from exc
    except ValueError as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, str(exc)) from exc


def _to_domain(message: TransitV1) -> Transit:
    if not is_bound(message.id, message.captured_at):
        raise ValueError(UNBOUND)
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
        software=message.software,
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a transit message, as published in docs/."""
    return TransitV1.model_json_schema()
