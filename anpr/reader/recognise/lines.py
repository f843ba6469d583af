# SPDX-License-Identifier: AGPL-3.0-or-later
"""Line segmentation: separates the text lines of a plate."""

import cv2
import numpy as np

from anpr.capture.image_file import Image

SURELY_ONE = 0.42
SURELY_TWO = 0.62
"""Height ÷ width of the plate. One line: 110/520 to 110/360 mm, leaning up to about 0.42. Two lines: 200/280 and
more (297×214, 177×177 mm); GB and NL squares seen from the side go down to about 0.45."""

_OVERLAP = 0.04
"""Of the height, added to each line beyond the cut: the cut is seldom exactly between the lines."""


def line_counts(height: float, width: float) -> tuple[int, ...]:
    """How many lines a plate of this shape may have; both when the shape does not tell."""
    ratio = height / width
    if ratio < SURELY_ONE:
        return (1,)
    return (2,) if ratio > SURELY_TWO else (2, 1)


def split_lines(plate: Image) -> tuple[Image, Image]:
    """The upper and the lower line of a two-line plate: parted where the fewest edges cross, near the middle."""
    height = plate.shape[0]
    cut = quiet_row(plate)
    over = max(1, round(height * _OVERLAP))
    return plate[: min(height, cut + over)], plate[max(0, cut - over) :]


def quiet_row(plate: Image) -> int:
    """The row between 30 % and 65 % of the height with the fewest upright edges: between two lines of letters."""
    height = plate.shape[0]
    grey = cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY)
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3))
    middle = edges[:, edges.shape[1] // 8 : edges.shape[1] - edges.shape[1] // 8]
    busy = cv2.GaussianBlur(middle.mean(axis=1).reshape(-1, 1), (1, 0), sigmaX=1, sigmaY=max(1.0, height * 0.03))
    low, high = int(height * 0.30), max(int(height * 0.30) + 1, int(height * 0.65))
    return low + int(np.argmin(busy[low:high, 0]))
