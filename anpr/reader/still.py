"""Whether anything moved: a cheap look that spares the expensive one."""

import cv2
import numpy as np

from anpr.reader.frame import Frame
from anpr.reader.image_file import Image

_CHANGE = 14
"""Levels of 255. Sensor noise and compression stay below it by day; at night the gate opens more often."""
_LEAST_PIXELS = 4


class StillGate:
    """Says of each frame of one camera whether it is worth a look."""

    def __init__(self, look_every_s: float) -> None:
        """`look_every_s`: a picture is looked at this often, however still it is."""
        self._look_every_s = look_every_s
        self._seen: Image | None = None
        self._looked_at_s = 0.0

    def is_still(self, frame: Frame) -> bool:
        """Whether nothing moved since the frame looked at last, and that was not long ago.

        A frame that is not still counts as looked at.
        """
        small = frame.luma()
        recent = 0.0 <= frame.at_s - self._looked_at_s < self._look_every_s
        if self._seen is not None and recent and small.shape == self._seen.shape:
            changed = int(np.count_nonzero(cv2.absdiff(small, self._seen) > _CHANGE))
            if changed < _LEAST_PIXELS:
                return True
        self._seen = small.copy()
        self._looked_at_s = frame.at_s
        return False
