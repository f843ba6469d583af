# SPDX-License-Identifier: AGPL-3.0-or-later
"""Motion gate: skips the detector for frames in which nothing moved."""

from collections.abc import Sequence

import cv2
import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.area import Polygon

_CHANGE = 14
"""Levels of 255. Sensor noise and compression stay below it by day; at night the gate opens more often."""
_LEAST_PIXELS = 4


class MotionGate:
    """Decides for each frame of one camera whether the detector runs on it. Not thread-safe."""

    def __init__(self, detect_every_s: float, masks: Sequence[Polygon] = ()) -> None:
        """`detect_every_s` (s): the detector runs this often, however still the image is.

        What moves under `masks` does not count: the clock that a camera burns into its image moves every second.
        """
        self._detect_every_s = detect_every_s
        self._masks = tuple(masks)
        self._reference: Image | None = None
        self._watched: Image | None = None
        """255 where a change counts; as large as `_reference`."""
        self._detected_at_s = 0.0

    def is_still(self, frame: Frame) -> bool:
        """Whether nothing moved since the last frame given to the detector, and that frame is recent.

        A frame that is not still becomes the new reference.
        """
        small = frame.luma()
        recent = 0.0 <= frame.at_s - self._detected_at_s < self._detect_every_s
        if self._reference is not None and recent and small.shape == self._reference.shape:
            changed = int(np.count_nonzero(self._difference(small, self._reference) > _CHANGE))
            if changed < _LEAST_PIXELS:
                return True
        self._reference = small.copy()
        self._detected_at_s = frame.at_s
        return False

    def _difference(self, small: Image, reference: Image) -> Image:
        difference = np.asarray(cv2.absdiff(small, reference), np.uint8)
        if not self._masks:
            return difference
        if self._watched is None or self._watched.shape != small.shape:
            self._watched = outside_masks(self._masks, small.shape[1], small.shape[0])
        return np.asarray(cv2.bitwise_and(difference, self._watched), np.uint8)


def outside_masks(masks: Sequence[Polygon], width: int, height: int) -> Image:
    """An image (height × width, px) that is 255 where none of the masks lies, and 0 under them."""
    watched = np.full((height, width), 255, np.uint8)
    for mask in masks:
        corners = [(round(x * (width - 1)), round(y * (height - 1))) for x, y in mask.points]
        cv2.fillPoly(watched, [np.array(corners, np.int32)], 0)
    return watched
