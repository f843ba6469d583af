# SPDX-License-Identifier: AGPL-3.0-or-later
"""JPEG validation by its markers (ITU-T T.81, annex B): nothing is decoded, so hostile images cost little."""

import re
from collections.abc import Iterator

_MAX_SEGMENTS = 1_000
_MAX_SCANS = 64
"""A progressive image has about ten; each costs a decoder a pass over all pixels."""
# Start-of-frame markers (table B.1): C0-CF without C4 (Huffman), C8 (reserved), CC (arithmetic).
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_STANDALONE = frozenset(range(0xD0, 0xD9)) | {0x01}
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
"""What ends compressed data: a marker that is neither a stuffed FF nor a restart."""

Segment = tuple[int, int, int]
"""Marker, where its length stands, and where it ends."""


class _BrokenError(ValueError):
    """The markers do not follow one another."""


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in px; None when the bytes are not a JPEG or end before they tell."""
    try:
        for marker, start, end in _segments(data):
            if marker in _FRAME_MARKERS:
                return _size(data, start, end)
    except _BrokenError:
        pass
    return None


def jpeg_fault(data: bytes) -> str | None:
    """Why these bytes are not exactly one whole image, in a few words; None when they are.

    Looks at markers and ends, not at pixels: what it lets through may still decode to nonsense, but nothing lies behind
    its end that another program would take for its own.
    """
    try:
        return _fault(data)
    except _BrokenError as exc:
        return str(exc)


def _fault(data: bytes) -> str | None:
    frames, scans = 0, 0
    for marker, start, end in _segments(data):
        frames += marker in _FRAME_MARKERS
        scans += marker == _SCAN
        if frames > 1 or scans > _MAX_SCANS:
            return "no JPEG: too many frames or scans"
        if marker in _FRAME_MARKERS and _size(data, start, end) is None:
            return "no JPEG: the frame's header does not say how large it is"
        if marker == _SCAN and not frames:
            return "no JPEG: compressed data before the frame's header"
        if marker == _END:
            if not scans:
                return "no JPEG: no compressed data"
            return None if end == len(data) else f"{len(data) - end} bytes behind the end of the JPEG"
    return "a JPEG that was cut off"


def _size(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    if end - start < 8:  # length, bits per sample, height, width, components
        return None
    height, width = int.from_bytes(data[start + 3 : start + 5]), int.from_bytes(data[start + 5 : start + 7])
    return (width, height) if width and height else None


def _segments(data: bytes) -> Iterator[Segment]:
    """Up to the end marker, or to where the bytes end in compressed data. Raises _BrokenError."""
    if data[:2] != b"\xff\xd8":
        raise _BrokenError("no JPEG")
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if at >= len(data):
            return
        marker, start = _marker(data, at)
        end = start if marker == _END or marker in _STANDALONE else start + _length(data, start)
        yield marker, start, end
        if marker == _END:
            return
        at = _end_of_scan(data, end) if marker == _SCAN else end
    raise _BrokenError("no JPEG: too many segments")


def _marker(data: bytes, at: int) -> tuple[int, int]:
    """The marker that must be here, after fill bytes, and where its length would stand."""
    if data[at] != 0xFF:
        raise _BrokenError("no JPEG: a marker is missing")
    start = at + 1
    while start < len(data) and data[start] == 0xFF:
        start += 1
    if start == len(data):
        raise _BrokenError("a JPEG that was cut off")
    return data[start], start + 1


def _length(data: bytes, start: int) -> int:
    length = int.from_bytes(data[start : start + 2])
    if length < 2:
        raise _BrokenError("no JPEG: a segment without a length")
    if start + length > len(data):
        raise _BrokenError("a JPEG that was cut off")
    return length


def _end_of_scan(data: bytes, start: int) -> int:
    found = _AFTER_SCAN.search(data, start)
    return found.start() if found else len(data)
