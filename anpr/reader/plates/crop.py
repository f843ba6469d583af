# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cropping of plates with several margins.

A box that begins a pixel or two elsewhere gives the recogniser another image, and one character in a hundred plates is
then read otherwise, sometimes with certainty. So a plate that is read more than once is cropped in more than one way.
"""

import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box

MARGINS = (0.15, 0.05, 0.25)
"""Of the box's width and height, added around it in all, half at each side: the usual one first."""


def cut(image: Image, box: Box, turn: int = 0) -> Image:
    """The plate in the box with the margin of this turn."""
    return with_margin(image, box, MARGINS[turn % len(MARGINS)])


def with_margin(image: Image, box: Box, margin: float) -> Image:
    """The part of the image in the box and a margin around it, as far as the image goes."""
    height, width = image.shape[:2]
    dx, dy = box.w * margin / 2, box.h * margin / 2
    x1, y1 = max(0, int(box.x - dx)), max(0, int(box.y - dy))
    x2, y2 = min(width, int(np.ceil(box.x + box.w + dx))), min(height, int(np.ceil(box.y + box.h + dy)))
    return image[y1:y2, x1:x2]
