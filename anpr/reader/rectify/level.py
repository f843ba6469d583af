# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rectification: sets a plate level by its corners (planar homography), with a small margin."""

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.reader.rectify.quad import Quad, grown, sides

_LEAST_HEIGHT, _MOST_HEIGHT = 32, 128
"""px: fewer than the recogniser takes would blur twice, more bring it nothing."""
_LEAST_SHAPE = {1: 3.3, 2: 1.0}
"""Width ÷ height by lines: a plate seen from the side is drawn out to its least shape (360×110, 177×177 mm)."""


def level(image: Image, quad: Quad, lines: int, across: float = 0.02, up: float = 0.06) -> Image:
    """The plate upright, with a margin of `across` of its width and `up` of its height at each side.

    Beyond the image's edge its last pixels are drawn on. Raises LinAlgError where the corners lie on a line.
    """
    outer = grown(quad, across, up)
    width, height = sides(outer)
    tall = int(np.clip(round(height), _LEAST_HEIGHT, _MOST_HEIGHT))
    wide = max(8, round(tall * max(width / height, _LEAST_SHAPE[lines])))
    source, moved = _near(image, outer, tall / height)
    target = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(moved - np.float32(0.5), target)
    how = cv2.INTER_CUBIC if tall > height else cv2.INTER_LINEAR
    made = cv2.warpPerspective(source, matrix, (wide, tall), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(made, np.uint8)


def _near(image: Image, quad: Quad, scale: float) -> tuple[Image, Quad]:
    """The part of the image around the corners, averaged first where it will be made much smaller; the corners in it.

    At least one pixel of the image, even where all corners lie beyond its edge.
    """
    rows, columns = image.shape[:2]
    low, high = np.floor(quad.min(axis=0)) - 2, np.ceil(quad.max(axis=0)) + 3
    x1, y1 = (int(v) for v in np.clip(low, 0, (columns - 1, rows - 1)))
    x2, y2 = (int(v) for v in np.clip(high, (x1 + 1, y1 + 1), (columns, rows)))
    part, moved = image[y1:y2, x1:x2], np.asarray(quad - (x1, y1), np.float32)
    factor = int(1 / scale)
    if factor < 2 or min(part.shape[:2]) < 2 * factor:
        return part, moved
    size = (part.shape[1] // factor, part.shape[0] // factor)
    part = part[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8), np.asarray(moved / factor)
