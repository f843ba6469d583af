# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hostile JPEG files: decompression bombs, polyglots, lying headers. The digest is right; ingest must refuse them."""

import random
from collections.abc import Callable

from anpr.domain.errors import PoisonReason

_APPENDED = (
    b"<script>alert(1)</script>",
    b"PK\x03\x04" + bytes(60),
    b"%PDF-1.7\n",
    b"\x7fELF" + bytes(60),
    b"\n",
    b"\0",
)
_NO_JPEG = (
    b"",
    b"<script>alert(1)</script>",
    b"<svg onload=alert(1)>",
    b"\x7fELF",
    b"MZ",
    b"\x89PNG\r\n",
    b"GIF89a",
    b"\xff\xd8",
)
_SIZES = ((65_535, 65_535), (65_535, 1_000), (30_000, 30_000), (8_001, 8_000))

Corruption = Callable[[random.Random, bytes], bytes]


def _header(data: bytes) -> int:
    """Where the frame's header begins; not within the comment, which comes first."""
    return data.index(b"\xff\xc0\x00\x11", 4 + int.from_bytes(data[4:6]))


def _decompression_bomb(chance: random.Random, data: bytes) -> bytes:
    at = _header(data) + 5
    width, height = chance.choice(_SIZES)
    return data[:at] + height.to_bytes(2) + width.to_bytes(2) + data[at + 4 :]


def _without_a_size(chance: random.Random, data: bytes) -> bytes:
    at = _header(data) + 5 + chance.choice((0, 2))
    return data[:at] + b"\0\0" + data[at + 2 :]


def _with_a_length(length: int) -> Corruption:
    return lambda _, data: data[:4] + length.to_bytes(2) + data[6:]


HOSTILE: tuple[tuple[PoisonReason, Corruption], ...] = (
    (PoisonReason.WRONG_SHAPE, lambda chance, data: data[: chance.randrange(2, len(data))]),
    (PoisonReason.WRONG_SHAPE, lambda chance, data: data + chance.choice(_APPENDED)),
    (PoisonReason.WRONG_SHAPE, lambda _, data: data + data),
    (PoisonReason.WRONG_SHAPE, lambda _, data: data[:2] + b"\xff\xfe\0\2" * 5_000 + data[2:]),
    (PoisonReason.WRONG_SHAPE, lambda _, data: data[: _header(data)] + data[_header(data) + 19 :]),
    (PoisonReason.WRONG_SHAPE, lambda chance, _: chance.choice(_NO_JPEG)),
    (PoisonReason.WRONG_SHAPE, lambda chance, _: b"\xff\xd8" + chance.randbytes(500)),
    (PoisonReason.WRONG_SHAPE, _without_a_size),
    (PoisonReason.WRONG_SHAPE, _with_a_length(0)),
    (PoisonReason.WRONG_SHAPE, _with_a_length(65_535)),
    (PoisonReason.TOO_LARGE, _decompression_bomb),
)
