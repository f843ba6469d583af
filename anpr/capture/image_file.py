# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image reader: one image from a file, whole or not at all."""

import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_damage import damage_of
from anpr.capture.stated_size import stated_size
from anpr.domain.errors import MediaError

# OpenCV would print to standard error what our errors say with the name of the file.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

Image = npt.NDArray[np.uint8]
"""Height × width × 3, blue, green, red, 0 to 255; of one channel: height × width."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff"})

_MAX_PX = 120_000_000
"""Decoded: 360 MB. Cameras and most telephones stay below; a larger size is more likely a false header."""

_JPEG_START = b"\xff\xd8"
_JPEG_END = 0xD9
# In coded data FF is followed by 00 (a stuffed byte), D0-D7 (a restart) or FF (fill); anything else is a marker.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND"
_RIFF_START = b"RIFF"


def is_image(path: Path) -> bool:
    """Whether the name has the suffix of an image format that is read."""
    return path.suffix.lower() in SUFFIXES


def read_image(path: Path) -> Image:
    """The image in `path` (height × width × 3, BGR), turned upright by its EXIF orientation.

    Raises MediaError naming the file when it is missing, empty, not an image, too large, cut off or damaged: OpenCV
    would hand out such a JPEG with grey in place of a part, and a plate there would be lost in silence.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise MediaError(f"{path}: {exc.strerror or exc}") from exc
    if not data:
        raise MediaError(f"{path}: the file is empty")
    if is_truncated(data):
        raise MediaError(f"{path}: the picture is truncated")
    _check_size(path, data)
    if damage := damage_of(data):
        raise MediaError(f"{path}: the picture is damaged: {damage}")
    return _decode(path, data)


def _check_size(path: Path, data: bytes) -> None:
    """Checked before decoding, which allocates the memory. Raises MediaError."""
    size = stated_size(data)
    if size is None:
        raise MediaError(f"{path}: not a picture, or damaged (JPEG, PNG, BMP, WebP and TIFF are read)")
    if size[0] * size[1] > _MAX_PX:
        raise MediaError(f"{path}: the picture has {size[0]} x {size[1]} px, more than {_MAX_PX // 1_000_000} million")


def _decode(path: Path, data: bytes) -> Image:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError) as exc:
        raise MediaError(f"{path}: the picture cannot be decoded") from exc
    if image is None or image.size == 0:
        raise MediaError(f"{path}: not a picture, or damaged")
    return np.asarray(image, np.uint8)


def is_truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG ends before its end marker, or a WebP before its stated length (ITU-T T.81 annex B; PNG
    11.2.5; RFC 9649 2.3). False for other formats.
    """
    if data.startswith(_RIFF_START):
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if data.startswith(_PNG_START):
        return _PNG_END not in data
    return data.startswith(_JPEG_START) and not _jpeg_has_end(data)


def _jpeg_has_end(data: bytes) -> bool:
    position = len(_JPEG_START)
    while (marker := _MARKER.search(data, position)) is not None:
        kind = data[marker.start() + 1]
        if kind == _JPEG_END:
            return True
        # A segment is skipped by its length: a thumbnail inside it has an end marker of its own.
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return False
