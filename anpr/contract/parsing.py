# SPDX-License-Identifier: AGPL-3.0-or-later
"""Versions, field types and parsing that the messages of the contract share.

A field may be added without a new version: an older centre ignores what it does not know. A field that changes meaning
or goes away needs a new one. A centre reads its own version and those back to OLDEST; a message of a newer version says
with `readable_from` which is the oldest that understands it, and is refused by those before (docs/contract.md).
"""

import hashlib
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from anpr.contract.topics import MAX_TRANSIT_BYTES
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.identifier import IDENTIFIER_PATTERN
from anpr.domain.plate import MAX_LENGTH

VERSION = 1
OLDEST = 1
"""Of the versions that are read here; at least the one before VERSION, once there is one."""

MAX_LINE = 64
"""Characters of a line of text: what the recogniser saw, the name of a lane."""
MAX_PX = 100_000
"""Largest coordinate of a box, either way."""
SHA256_PATTERN = "^[0-9a-f]{64}$"
PLAIN_PATTERN = r"^[^\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*$"
"""No control characters: PostgreSQL's text holds no NUL, and one such message would stop the batch it is in. No signs
that are not seen or turn the line round either (Unicode's format characters): a plate is read by people."""

Identifier = Annotated[str, Field(pattern=IDENTIFIER_PATTERN)]
"""Of a gate, a camera or a reader."""
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Px = Annotated[float, Field(ge=-MAX_PX, le=MAX_PX, allow_inf_nan=False)]
PlateText = Annotated[str, Field(min_length=1, max_length=MAX_LENGTH, pattern=PLAIN_PATTERN)]
Line = Annotated[str, Field(max_length=MAX_LINE, pattern=PLAIN_PATTERN)]
Sha256 = Annotated[str, Field(pattern=SHA256_PATTERN)]

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


class Part(BaseModel):
    """A message, or a part of one: unknown fields are ignored, known ones validated."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True)


def parse_object(data: bytes) -> dict[str, Any]:
    """The fields of a JSON object of at most MAX_TRANSIT_BYTES. Raises MessageError."""
    if len(data) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_TRANSIT_BYTES}")
    try:
        fields = from_json(data, allow_inf_nan=False)
    except ValueError as exc:
        raise MessageError(PoisonReason.NOT_JSON, f"{len(data)} bytes that are not JSON") from exc
    if not isinstance(fields, dict):
        raise MessageError(PoisonReason.WRONG_SHAPE, "not a JSON object")
    return fields


def check_version(fields: dict[str, Any]) -> None:
    """Set a newer version that says we understand it to ours; the fields it adds are ignored. Raises MessageError."""
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


def first_error(exc: ValidationError) -> str:
    """The first thing that is wrong, with the field's path, without the value."""
    error = exc.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part)[:32] for part in error["loc"]) or "message"
    return f"{where}: {error['msg']}"


@lru_cache(maxsize=16_384)
def is_identifier(text: str) -> bool:
    """Asked of the contract's own type; gates, cameras and readers are few and come again and again."""
    try:
        _IDENTIFIER.validate_python(text)
    except ValidationError:
        return False
    return True


def sha256_of(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()
