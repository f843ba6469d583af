# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pixelation: every plate that was found in an image is made unreadable, and the image is made small."""

from collections.abc import Iterable

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box

_AROUND = 0.3
"""Share of the box's size added on each side: a box may cut off a plate's first character."""
_BLOCKS = (4, 2)
"""Across and down: of seven characters nothing is left."""


def hide_plates(image: Image, boxes: Iterable[Box]) -> Image:
    """A copy of `image` (height × width × 3) in which what lies in and around the boxes (px) is a few flat blocks."""
    hidden = image.copy()
    height, width = image.shape[:2]
    for box in boxes:
        left, right = (round(min(max(x, 0), width)) for x in (box.x - _AROUND * box.w, box.x + (1 + _AROUND) * box.w))
        top, bottom = (round(min(max(y, 0), height)) for y in (box.y - _AROUND * box.h, box.y + (1 + _AROUND) * box.h))
        if right > left and bottom > top:
            few = cv2.resize(hidden[top:bottom, left:right], _BLOCKS, interpolation=cv2.INTER_AREA)
            size = (right - left, bottom - top)
            hidden[top:bottom, left:right] = cv2.resize(few, size, interpolation=cv2.INTER_NEAREST)
    return hidden


def scaled_down(image: Image, most_px: int) -> Image:
    """The image, at most `most_px` wide and high."""
    height, width = image.shape[:2]
    share = most_px / max(width, height)
    if share >= 1:
        return image
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
