# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checksums and decoder warnings of images: damage that OpenCV conceals, or prints without the file's name.

What cannot be noticed: changed bytes in BMP, TIFF and WebP, which carry no checksum, and a few changed bytes of a JPEG
that happen to form valid codes of the same length.
"""

import zlib
from collections.abc import Callable

import simplejpeg

_PNG_START = b"\x89PNG\r\n\x1a\n"


def damage_of(data: bytes) -> str | None:
    """Why the coded data of this JPEG or PNG are not whole, in a few words; None when they are, or of other formats.

    A JPEG is decoded for it, so check its stated size before.
    """
    for start, damage in _CHECKS.items():
        if data.startswith(start):
            return damage(data)
    return None


def _jpeg_damage(data: bytes) -> str | None:
    """Libjpeg pads a damaged picture with grey and only warns; a strict decoder makes an error of the warning."""
    try:
        simplejpeg.decode_jpeg(data, colorspace="GRAY", strict=True)
    except ValueError as exc:
        return str(exc).removeprefix("Corrupt JPEG data: ")
    return None


def _png_damage(data: bytes) -> str | None:
    """A chunk is length, type, data and a CRC (PNG 5.3); an upper-case type means that the image needs it."""
    at = len(_PNG_START)
    while at + 12 <= len(data):
        kind, end = data[at + 4 : at + 8], at + 8 + int.from_bytes(data[at : at + 4])
        is_needed = kind[:1].isupper()
        if is_needed and zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return f"the checksum of its part {kind.decode('ascii', 'replace')} is wrong"
        if kind == b"IEND":
            return None
        at = end + 4
    return "it ends before its end marker"


_CHECKS: dict[bytes, Callable[[bytes], str | None]] = {b"\xff\xd8": _jpeg_damage, _PNG_START: _png_damage}
