# SPDX-License-Identifier: AGPL-3.0-or-later
"""Thumbnails: images scaled down for lists when they are asked for, cached in memory only, never on disk."""

import io
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from anpr.contract.jpeg import jpeg_size
from anpr.runtime.clock import Clock

SIDE = 480
"""px at most, of both sides: half as many again as the largest image in a list."""

FORGET_AFTER_S = 900.0
MAX_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 24_000_000
"""More than any camera of ours gives. A progressive JPEG of so many takes half a second and up to 6 bytes a px."""

_SMALL_BYTES = 48 * 1024
_QUALITY = 80
_AT_ONCE = 2

Key = Hashable


class ThumbnailError(ValueError):
    """This image cannot be scaled down; the message says why."""


def make_thumbnail(data: bytes) -> bytes:
    """The JPEG within SIDE x SIDE px, without what else was in the file; one that is small already stays as it is.

    Raises ThumbnailError for what is no JPEG, is damaged, or has more than MAX_PIXELS.
    """
    width, height = jpeg_size(data) or (0, 0)
    if not 0 < width * height <= MAX_PIXELS:
        raise ThumbnailError(f"an image of {width} x {height} px")
    if max(width, height) <= SIDE and len(data) <= _SMALL_BYTES:
        return data
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            image.draft("RGB", (SIDE, SIDE))  # the decoder gives an eighth, a quarter or a half of the size at once
            image.thumbnail((SIDE, SIDE))
            image.info.clear()  # or the comment, and whatever Pillow learns to copy, would come along
            small = io.BytesIO()
            (image if image.mode in ("RGB", "L") else image.convert("RGB")).save(small, "JPEG", quality=_QUALITY)
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as exc:
        raise ThumbnailError(f"{type(exc).__name__}: {exc}") from exc
    return small.getvalue()


@dataclass(slots=True)
class _Kept:
    data: bytes
    used: float


class Thumbnails:
    """LRU cache of thumbnails: at most `max_bytes`, each forgotten FORGET_AFTER_S after it was last asked for."""

    def __init__(self, clock: Clock, *, max_bytes: int = MAX_BYTES) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making = threading.BoundedSemaphore(_AT_ONCE)

    def get(self, key: Key) -> bytes | None:
        """The thumbnail made for this key; None when it was not, or was forgotten."""
        with self._lock:
            self._forget()
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            kept.used = self._clock.monotonic()
            return kept.data

    def make(self, key: Key, data: bytes) -> bytes:
        """Make it and keep it; at most two at a time, because each takes memory. Raises ThumbnailError."""
        with self._making:
            small = make_thumbnail(data)
        with self._lock:
            self._drop(key)
            self._kept[key] = _Kept(small, self._clock.monotonic())
            self._bytes += len(small)
            self._forget()
        return small

    def _forget(self) -> None:
        before = self._clock.monotonic() - FORGET_AFTER_S
        while self._kept:
            oldest = next(iter(self._kept))
            if self._bytes <= self._max_bytes and self._kept[oldest].used > before:
                return
            self._drop(oldest)

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        self._bytes -= len(kept.data) if kept else 0
