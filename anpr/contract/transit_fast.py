# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fast path for a well-formed transit (msgspec); anything unusual falls back to the pydantic contract.

At 20,000 a second the contract (anpr.contract.transit, pydantic) is half of what ingest computes. Here one pass of C
makes the domain's objects of JSON; what it does not check is checked after it. Whatever is unusual in any way, and all
that must be refused, is left to the contract: this may only say yes, and only where the contract says the same.
"""

import re

import msgspec

from anpr.contract.parsing import MAX_LINE, MAX_PX, SHA256_PATTERN, is_identifier
from anpr.contract.topics import MAX_IMAGE_BYTES, MAX_TRANSIT_BYTES
from anpr.contract.transit import (
    MAX_CANDIDATES,
    MAX_COUNTRY,
    MAX_IMAGES,
    MAX_PASS,
    MAX_READS,
    MAX_SOFTWARE,
    decode_transit,
)
from anpr.domain.plate import MAX_LENGTH
from anpr.domain.transit import ImageRef, Transit
from anpr.domain.transit_id import is_bound

# The version stands first, as our encoder puts it, and is said once; no sign is escaped, so nothing hides.
_BEGIN, _VERSION = b'{"version":1,', b'"version"'
_PLAIN = bytes(sign for sign in range(0x20, 0x7F) if sign != ord("\\"))
# Of fractions of a second, microseconds are kept; the contract cuts the rest off, msgspec rounds.
_TOO_FINE = re.compile(rb'\.\d{7,}(?:[Zz]|[+-][\d:]{4,5})"')
# Unknown fields are skipped without a look into their depth.
_MOST_PARTS = 64

_SHA256 = re.compile(SHA256_PATTERN)
_DECODER = msgspec.json.Decoder(Transit)


def read_transit(data: bytes) -> Transit:
    """As `decode_transit`, in every case; quicker in the usual one."""
    return _usual(data) or decode_transit(data)


def _usual(data: bytes) -> Transit | None:
    if not _looks_usual(data):
        return None
    try:
        transit = _DECODER.decode(data)
    except (msgspec.MsgspecError, ValueError):
        return None
    return transit if _keeps_the_contract(transit) else None


def _looks_usual(data: bytes) -> bool:
    return (
        data.startswith(_BEGIN)
        and len(data) <= MAX_TRANSIT_BYTES
        and data.count(_VERSION) == 1
        and not data.translate(None, _PLAIN)
        and data.count(b"{") + data.count(b"[") <= _MOST_PARTS
        and not _TOO_FINE.search(data)
    )


def _keeps_the_contract(transit: Transit) -> bool:
    """What the domain's own checks and the types leave open. Texts hold no control characters: `_looks_usual`."""
    captured_at, box = transit.captured_at, transit.box
    return (
        is_bound(transit.id, captured_at)
        and is_identifier(transit.gate_id)
        and is_identifier(transit.camera_id)
        and is_identifier(transit.reader_id)
        and abs(transit.first_seen - captured_at) <= MAX_PASS
        and abs(transit.last_seen - captured_at) <= MAX_PASS
        and len(transit.raw) <= MAX_LINE
        and len(transit.candidates) <= MAX_CANDIDATES
        and all([0 < len(each.text) <= MAX_LENGTH for each in transit.candidates])
        and transit.reads <= MAX_READS
        and max(abs(box.x), abs(box.y), box.w, box.h) <= MAX_PX
        and (transit.country is None or len(transit.country) <= MAX_COUNTRY)
        and (transit.lane is None or len(transit.lane) <= MAX_LINE)
        and (not transit.images or _are_images(transit.images))
        and (transit.software is None or 0 < len(transit.software) <= MAX_SOFTWARE)
    )


def _are_images(images: tuple[ImageRef, ...]) -> bool:
    return len(images) <= MAX_IMAGES and all(
        [_SHA256.fullmatch(each.sha256) is not None and each.size <= MAX_IMAGE_BYTES for each in images]
    )
