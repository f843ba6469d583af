# SPDX-License-Identifier: AGPL-3.0-or-later
"""Content sniffing: whether a file holds a picture or a video, by its first bytes before its name.

Recorders and telephones name files as they like: a JPEG is `.jfif`, raw H.264 is `.dav`.
"""

from pathlib import Path

import av

from anpr.capture.image_file import is_image
from anpr.capture.media import is_video

_HEAD_BYTES = 32
_PICTURE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\x00", b"MM\x00*")
_STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"})
"""Of ISO media files (ISO/IEC 23008-12) that hold pictures; FFmpeg would show their tiles as a video."""
_FORMATS = frozenset(
    ("asf", "avi", "dhav", "flv", "h264", "hevc", "m4v", "matroska", "mov", "mpeg", "mpegts", "mpegvideo")
)
"""FFmpeg's names of what is taken for a video. It has one for nearly every file: a text is a film of a terminal."""


def holds_video(path: Path) -> bool:
    """Whether to read the file as a video; what is neither counts as a picture, whose reader says what is wrong.

    Never raises: what cannot be opened is left to the reader too.
    """
    head = _head(path)
    if head.startswith(_PICTURE_STARTS) or head[8:12] == b"WEBP":
        return False
    if is_video(path) or is_image(path):
        return is_video(path)
    is_still = head[4:8] == b"ftyp" and head[8:12] in _STILL_BRANDS
    return not is_still and _opens_as_video(path)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD_BYTES)
    except OSError:
        return b""


def _opens_as_video(path: Path) -> bool:
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.video) and not _FORMATS.isdisjoint(container.format.name.split(","))
    except (av.FFmpegError, OSError):
        return False
