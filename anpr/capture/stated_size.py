# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image size from the header, without decoding: guards against decompression bombs.

A few hundred bytes may claim an image of a gigapixel, and a decoder believes them: 36 s and 6 GB for a JPEG of 675
bytes. Formats: ITU-T T.81 annex B (JPEG), PNG 11.2.2 (IHDR), the Windows BITMAPINFOHEADER, RFC 9649 (WebP), TIFF 6.0.
"""

import re
import struct
from collections.abc import Callable

Size = tuple[int, int]
"""Width, height, px."""

# FF and a marker with a length after it: not a stuffed 00, TEM, a restart, the start or the end, or a fill byte.
_SEGMENT = re.compile(rb"\xff[\x02-\xcf\xda-\xfe]")
_NO_FRAME = {0xC4, 0xC8, 0xCC}
"""Among the start-of-frame codes C0-CF: tables, and one that is reserved."""
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_SHORT = 256, 257, 3
_TIFF_MAX_ENTRIES = 1000


def stated_size(data: bytes) -> Size | None:
    """Width and height (px) that the header states; None for other formats and damaged headers."""
    for start, of in _FORMATS.items():
        if data.startswith(start):
            try:
                width, height = of(data) or (0, 0)
            except (struct.error, IndexError):
                return None
            return (width, height) if width > 0 and height > 0 else None
    return None


def _jpeg(data: bytes) -> Size | None:
    position = 2
    while (found := _SEGMENT.search(data, position)) is not None:
        marker, begin = data[found.start() + 1], found.end()
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            height, width = struct.unpack_from(">HH", data, begin + 3)
            return width, height
        position = begin + max(2, int.from_bytes(data[begin : begin + 2], "big"))
    return None


def _png(data: bytes) -> Size | None:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _bmp(data: bytes) -> Size | None:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return abs(width), abs(height)  # a negative height: the rows come from the top


def _webp(data: bytes) -> Size | None:
    kind = data[12:16]
    if data[8:12] != b"WEBP":
        return None
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X" and len(data) >= 30:
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None


def _tiff(data: bytes) -> Size | None:
    order = "<" if data.startswith(b"II") else ">"
    (begin,) = struct.unpack_from(f"{order}I", data, 4)
    (entries,) = struct.unpack_from(f"{order}H", data, begin)
    sides = {}
    for number in range(min(entries, _TIFF_MAX_ENTRIES)):
        at = begin + 2 + 12 * number
        tag, kind = struct.unpack_from(f"{order}HH", data, at)
        if tag in {_TIFF_WIDTH, _TIFF_HEIGHT}:
            (sides[tag],) = struct.unpack_from(f"{order}H" if kind == _TIFF_SHORT else f"{order}I", data, at + 8)
    return (sides[_TIFF_WIDTH], sides[_TIFF_HEIGHT]) if len(sides) == 2 else None


_FORMATS: dict[bytes, Callable[[bytes], Size | None]] = {
    b"\xff\xd8": _jpeg,
    b"\x89PNG\r\n\x1a\n": _png,
    b"BM": _bmp,
    b"RIFF": _webp,
    b"II*\x00": _tiff,
    b"MM\x00*": _tiff,
}
