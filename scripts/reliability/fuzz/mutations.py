# SPDX-License-Identifier: AGPL-3.0-or-later
"""Mutations of image files: truncation, bit flips, lost blocks, lying headers. Seeded."""

import struct
import zlib
from collections.abc import Callable

import cv2
import numpy as np

from scripts.reliability.fuzz.valid_images import Image, Rng, colours

FORMATS = (".jpg", ".jpg", ".jpg", ".png", ".png", ".bmp", ".webp", ".tiff")
_COLOURFUL = {".png", ".tiff"}
"""Hold more than 8 bits, and alpha."""
_BOMBS = (30_000, 65_000, 100_000, 0, 2**31 - 1)


def encoded(image: Image, suffix: str, rng: Rng) -> bytes:
    """The file's bytes."""
    shown = colours(image, rng) if suffix in _COLOURFUL else image
    options = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(5, 100))] if suffix == ".jpg" else []
    done, data = cv2.imencode(suffix, shown, options)
    if not done:
        raise ValueError(f"an image of {image.shape} cannot be written as {suffix}")
    return np.asarray(data, np.uint8).tobytes()


def whole(data: bytes, _rng: Rng) -> bytes:
    """Return the data unchanged."""
    return data


def cut_off(data: bytes, rng: Rng) -> bytes:
    """Truncate the file, at times to a few bytes."""
    return data[: int(rng.integers(0, len(data)))] if rng.random() < 0.8 else data[: int(rng.integers(0, 40))]


def flipped(data: bytes, rng: Rng) -> bytes:
    """Up to 60 bytes are others; half the time near the start, where the headers are."""
    changed = bytearray(data)
    reach = len(data) if rng.random() < 0.5 else min(len(data), 700)
    for position in rng.integers(0, reach, int(rng.integers(1, 60))):
        changed[int(position)] = int(rng.integers(256))
    return bytes(changed)


def torn(data: bytes, rng: Rng) -> bytes:
    """Remove, double or zero a block."""
    start = int(rng.integers(0, len(data)))
    end = min(len(data), start + int(rng.integers(1, 2000)))
    middle = (b"", data[start:end] * 2, bytes(end - start))[int(rng.integers(3))]
    return data[:start] + middle + data[end:]


def lengthened(data: bytes, rng: Rng) -> bytes:
    """Append random bytes."""
    return data + rng.bytes(int(rng.integers(1, 5000)))


def boasting(data: bytes, rng: Rng) -> bytes:
    """The header names another size, up to one that no memory holds; the rest is as it was."""
    width, height = (int(rng.choice(_BOMBS)) if rng.random() < 0.7 else int(rng.integers(1, 4000)) for _ in range(2))
    if data.startswith(b"\x89PNG"):
        head = b"IHDR" + struct.pack(">II", width, height) + data[24:29]
        return data[:12] + head + struct.pack(">I", zlib.crc32(head)) + data[33:]
    if data.startswith(b"BM"):
        return data[:18] + struct.pack("<ii", width, height) + data[26:]
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    if data.startswith(b"\xff\xd8") and frame > 0:
        return data[: frame + 5] + struct.pack(">HH", height % 65_536, width % 65_536) + data[frame + 9 :]
    return flipped(data, rng)


def random_bytes(_data: bytes, rng: Rng) -> bytes:
    """Random bytes, at times after the first bytes of an image format."""
    start = (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF\x00\x00\x00\x00WEBP", b"II*\x00")
    return start[int(rng.integers(len(start)))] + rng.bytes(int(rng.integers(0, 3000)))


MUTATIONS: tuple[tuple[Callable[[bytes, Rng], bytes], float], ...] = (
    (whole, 0.35), (cut_off, 0.17), (flipped, 0.22), (torn, 0.1), (lengthened, 0.04), (boasting, 0.08),
    (random_bytes, 0.04),
)  # fmt: skip
"""With their shares."""
