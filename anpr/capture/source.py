"""What every kind of source hands over, before it becomes a frame of a camera."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from anpr.capture.image_file import Image


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A picture whose pixels are made only when somebody looks at it: turning YUV to BGR costs more than decoding."""

    size: tuple[int, int]
    """Width, height, px."""
    captured_at: datetime
    """UTC."""
    at_s: float
    """Seconds; an arbitrary start, the same for all shots of one run of the source."""
    image: Callable[[], Image]
    luma: Callable[[], Image | None] | None = None
    """See `Frame.luma`."""


class Source(Protocol):
    """One way to get shots: a stream, a file, a folder."""

    @property
    def is_live(self) -> bool:
        """Live sources go on whether or not anybody looks, and are tried again when they fail."""

    def shots(self) -> Iterator[Shot | None]:
        """Opens the source and reads it; None means: still reading, no picture yet.

        Raises CameraError with the fault. A source that is not live ends without one when all of it was read.
        """
