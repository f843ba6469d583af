# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image message: JPEG bytes, and the header that travels beside them."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ValidationError

from anpr.contract.jpeg import jpeg_fault, jpeg_size
from anpr.contract.parsing import Identifier, Part, Sha256, check_version, sha256_of
from anpr.contract.topics import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from anpr.contract.transit import UNBOUND
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.transit import ImageRole, Transit
from anpr.domain.transit_id import is_bound


class ImageHeader(Part):
    """What travels beside the JPEG bytes of one image, each value as text: in Kafka, the headers."""

    version: Literal[1] = 1
    transit_id: UUID
    captured_at: AwareDatetime
    gate_id: Identifier
    role: ImageRole
    sha256: Sha256

    def to_headers(self) -> dict[str, bytes]:
        """As named byte strings."""
        return {name: str(value).encode() for name, value in self.model_dump(mode="json").items()}


def image_header(*, transit: Transit, role: ImageRole, data: bytes) -> ImageHeader:
    """The header for one of the transit's images."""
    return ImageHeader(
        transit_id=transit.id,
        captured_at=transit.captured_at,
        gate_id=transit.gate_id,
        role=role,
        sha256=sha256_of(data),
    )


def decode_image(headers: dict[str, bytes], data: bytes) -> ImageHeader:
    """The header of an image, after its bytes were held against it; MessageError when they do not agree."""
    if len(data) > MAX_IMAGE_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_IMAGE_BYTES}")
    try:
        header = ImageHeader.model_validate(_header_fields(headers))
    except (ValidationError, UnicodeDecodeError) as exc:
        raise MessageError(PoisonReason.WRONG_SHAPE, "image headers are missing or wrong") from exc
    if not is_bound(header.transit_id, header.captured_at):
        raise MessageError(PoisonReason.WRONG_SHAPE, f"image of transit {header.transit_id}: {UNBOUND}")
    if sha256_of(data) != header.sha256:
        raise MessageError(PoisonReason.WRONG_DIGEST, f"image of transit {header.transit_id} is not what was sent")
    _check_jpeg(header, data)
    return header


def _check_jpeg(header: ImageHeader, data: bytes) -> None:
    """Whoever looks at it must be given an image and nothing else, and one that fits into memory."""
    width, height = jpeg_size(data) or (0, 0)
    if width * height > MAX_IMAGE_PIXELS:
        raise MessageError(PoisonReason.TOO_LARGE, f"image of transit {header.transit_id} claims {width} x {height} px")
    if fault := jpeg_fault(data):
        raise MessageError(PoisonReason.WRONG_SHAPE, f"image of transit {header.transit_id}: {fault}")


def _header_fields(headers: dict[str, bytes]) -> dict[str, Any]:
    fields: dict[str, Any] = {name: value.decode() for name, value in headers.items()}
    for name in ("version", "readable_from"):
        if name in fields and fields[name].isascii() and fields[name].isdecimal():
            fields[name] = int(fields[name][:9])
    fields.setdefault("version", 1)  # the first readers did not say
    check_version(fields)
    return fields


def image_json_schema() -> dict[str, Any]:
    """The JSON Schema of the headers beside an image, as published in docs/."""
    return ImageHeader.model_json_schema()
