# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frame: one image of one camera at one moment, with its pixels made on demand."""

from collections.abc import Callable
from datetime import datetime

from anpr.capture.image_file import Image

LUMA_STEP = 8
"""Every 8th pixel both ways: the narrowest plate that can be read is 28 px wide, so 3 of them lie on it."""


class Frame:
    """One frame of a camera. `image` belongs to the frame: take a copy to draw on it. Not thread-safe."""

    def __init__(
        self,
        *,
        camera_id: str,
        image: Image | Callable[[], Image],
        captured_at: datetime,
        index: int,
        at_s: float,
        luma: Callable[[], Image | None] | None = None,
    ) -> None:
        """`image` is height × width × 3 (BGR), or a function that makes it: most frames are still and never need
        pixels.

        `captured_at`, UTC: live, when the frame arrived; of a file, the start given to it plus `at_s`. `index`: 0 for
        the first frame since the source was opened first; counts on over reconnections and dropped frames. `at_s`:
        seconds since the first frame of the source; never goes backwards. `luma`: makes what the method of that name
        returns. Raises ValueError for a `captured_at` without time zone or an image of another shape.
        """
        if captured_at.tzinfo is None:
            raise ValueError("captured_at needs a time zone")
        self.camera_id = camera_id
        self.captured_at = captured_at
        self.index = index
        self.at_s = at_s
        self._make = image if callable(image) else None
        self._image = None if callable(image) else _checked(image)
        self._luma = luma

    @property
    def image(self) -> Image:
        """Height × width × 3, blue, green, red, 0 to 255; made at the first call."""
        if self._image is None:
            if self._make is None:  # __init__ has set one of them
                raise ValueError("a frame without pixels")
            self._image, self._make, self._luma = _checked(self._make()), None, None
        return self._image

    def luma(self) -> Image:
        """The brightness of every LUMA_STEP-th pixel both ways (height × width, 0 to 255), if possible without making
        the pixels.
        """
        small = self._luma() if self._luma is not None else None
        # Green carries most of the brightness, and slicing copies nothing.
        return self.image[::LUMA_STEP, ::LUMA_STEP, 1] if small is None else small

    def __repr__(self) -> str:
        return f"Frame(camera_id={self.camera_id!r}, index={self.index}, at_s={self.at_s})"


def _checked(image: Image) -> Image:
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"a frame's image is height x width x 3, not {image.shape}")
    return image
