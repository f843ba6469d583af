# SPDX-License-Identifier: AGPL-3.0-or-later
"""Video source: the interface of every kind of video source, and the raw frames it gives."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr.capture.image_file import Image


@dataclass(frozen=True, kw_only=True, slots=True)
class RawFrame:
    """A decoded frame whose pixels are made on demand: converting YUV to BGR costs more than decoding."""

    size: tuple[int, int]
    """Width, height, px."""
    captured_at: datetime
    """UTC."""
    at_s: float
    """Seconds from an arbitrary start, the same for all frames of one run of the source."""
    image: Callable[[], Image]
    """Makes the pixels; see `Frame.image`."""
    luma: Callable[[], Image | None] | None = None
    """See `Frame.luma`."""
    is_whole: bool = True
    """Whether it was decoded without damage. A damaged one shows that the source lives, and is not read."""
    is_key: bool | None = None
    """Whether it is a key frame, which needs no other to be decoded; None where the source does not say."""


class VideoSource(Protocol):
    """One way to get frames: a stream, a file, a folder."""

    @property
    def is_live(self) -> bool:
        """Whether frames come whether or not they are taken; such a source is opened again when it fails."""

    def raw_frames(self) -> Iterator[RawFrame | None]:
        """Open the source and read it; None means: still reading, no frame yet.

        Raises CameraError with the fault. A source that is not live ends without one when all of it was read.
        """
