"""Whether anything moved: a cheap look that spares the expensive one."""

from collections.abc import Sequence

import cv2
import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.area import Polygon

_CHANGE = 14
"""Levels of 255. Sensor noise and compression stay below it by day; at night the gate opens more often."""
_LEAST_PIXELS = 4


class StillGate:
    """Says of each frame of one camera whether it is worth a look."""

    def __init__(self, look_every_s: float, masks: Sequence[Polygon] = ()) -> None:
        """`look_every_s`: a picture is looked at this often, however still it is.

        What moves under `masks` is nothing to look at: the clock that a camera burns in moves every second.
        """
        self._look_every_s = look_every_s
        self._masks = tuple(masks)
        self._seen: Image | None = None
        self._watched: Image | None = None
        """255 where a change counts; as large as `_seen`."""
        self._looked_at_s = 0.0

    def is_still(self, frame: Frame) -> bool:
        """Whether nothing moved since the frame looked at last, and that was not long ago.

        A frame that is not still counts as looked at.
        """
        small = frame.luma()
        recent = 0.0 <= frame.at_s - self._looked_at_s < self._look_every_s
        if self._seen is not None and recent and small.shape == self._seen.shape:
            changed = int(np.count_nonzero(self._difference(small, self._seen) > _CHANGE))
            if changed < _LEAST_PIXELS:
                return True
        self._seen = small.copy()
        self._looked_at_s = frame.at_s
        return False

    def _difference(self, small: Image, seen: Image) -> Image:
        difference = np.asarray(cv2.absdiff(small, seen), np.uint8)
        if not self._masks:
            return difference
        if self._watched is None or self._watched.shape != small.shape:
            self._watched = _outside(self._masks, small.shape[1], small.shape[0])
        return np.asarray(cv2.bitwise_and(difference, self._watched), np.uint8)


def _outside(masks: Sequence[Polygon], width: int, height: int) -> Image:
    watched = np.full((height, width), 255, np.uint8)
    for mask in masks:
        corners = [(round(x * (width - 1)), round(y * (height - 1))) for x, y in mask.points]
        cv2.fillPoly(watched, [np.array(corners, np.int32)], 0)
    return watched
