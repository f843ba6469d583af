# SPDX-License-Identifier: AGPL-3.0-or-later
"""Blue bands of a plate: segmentation by colour, painted over so that their letters are not read."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image

Mask = npt.NDArray[np.uint8]
"""(height, width), 255 where it holds."""

# OpenCV's hue is 0..179: EU blue (Pantone Reflex Blue) is near 110; worn and under-exposed bands spread to both sides.
_HUE = (95, 132)
_LEAST_SATURATION = 80
_LEAST_VALUE = 40
_THICKER_THAN = 0.14
"""Of a line's height: letters printed in blue are thinner strokes (0.09), bands are wider (0.36)."""
_THINNER_THAN = 0.1
"""Of a line's height: white bars as wide, such as Italy's tall I, do not part a band in two strips."""
_MOSTLY_BLUE = 0.35
"""Of the middle of the plate: above it the plate itself is blue, or the light is, and colour tells nothing."""
_CRUMB = 0.25
"""Of the largest blue area: smaller ones beside it are no bands."""
_IN_THE_MIDDLE = 0.35
"""Of the rows in the middle half: a band is in more; bodywork and a band above the letters are not."""
_SIDE = 0.32
"""Of the width, at each side: where a band may lie."""
_OUTER = 0.2
"""Of the width: a band whose middle lies within it is the plate's end, and nothing beyond it is read."""


@dataclass(frozen=True, kw_only=True)
class Painted:
    """One line of a plate with its blue bands, and what lies beyond them, in the colour of the plate."""

    image: Image
    left: bool
    right: bool
    """Whether there is a blue band at that end."""


def paint_bands(line: Image) -> Painted:
    """The line without its bands, and which it has."""
    mask = blue_mask(line)
    if not mask.any():
        return Painted(image=line, left=False, right=False)
    painted = line.copy()
    colour = background(line, mask)
    painted[cv2.dilate(mask, np.ones((3, 3), np.uint8)) > 0] = colour
    left = beyond(mask)
    painted[left > 0] = colour
    right = beyond(np.ascontiguousarray(mask[:, ::-1]))[:, ::-1]
    painted[right > 0] = colour
    return Painted(image=painted, left=bool(left.any()), right=bool(right.any()))


def blue_mask(line: Image) -> Mask:
    """Blue areas wider than a letter's stroke; none when the line as a whole is blue."""
    hsv = np.asarray(cv2.cvtColor(line, cv2.COLOR_BGR2HSV), np.uint8)
    hue, saturation, value = hsv[:, :, 0], hsv[:, :, 1], hsv[:, :, 2]
    hued = (hue >= _HUE[0]) & (hue <= _HUE[1])
    blue = hued & (value >= _LEAST_VALUE) & (saturation >= _least_saturation(hued, saturation))
    stroke = max(3, round(line.shape[0] * _THICKER_THAN))
    bar = np.ones((1, max(3, round(line.shape[0] * _THINNER_THAN))), np.uint8)
    filled = cv2.morphologyEx(blue.astype(np.uint8) * 255, cv2.MORPH_CLOSE, bar)
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((stroke, stroke), np.uint8))
    mask = _without_crumbs(np.asarray(opened, np.uint8))
    if _middle(mask).mean() > 255 * _MOSTLY_BLUE:
        return np.zeros_like(mask)
    return mask


def _without_crumbs(mask: Mask) -> Mask:
    """The mask without small pieces beside the large ones, such as the thick places of blue letters.

    Those above and below a large piece stay: its white letters break a band.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    if count <= 2:  # the ground and one piece
        return mask
    left, width, area = (stats[1:, column] for column in (cv2.CC_STAT_LEFT, cv2.CC_STAT_WIDTH, cv2.CC_STAT_AREA))
    large = area >= area.max() * _CRUMB
    middle = (left + width / 2)[:, None]
    stacked = ((middle >= left[large]) & (middle <= (left + width)[large])).any(axis=1)
    kept = np.concatenate([[False], large | stacked])
    return np.where(kept[labels], mask, 0).astype(np.uint8)


def _least_saturation(hued: npt.NDArray[np.bool_], saturation: Mask) -> float:
    """Under a blue sky, or a camera's blue cast, a white plate is a little blue too: the bands must be more so."""
    inside = _middle(np.asarray(hued, np.uint8)).astype(bool)
    if inside.mean() < 0.3:
        return _LEAST_SATURATION
    return max(_LEAST_SATURATION, float(np.median(_middle(saturation)[inside])) + 40)


def _middle(mask: Mask) -> Mask:
    height, width = mask.shape
    return mask[height // 5 : height - height // 5, width // 4 : width - width // 4]


def beyond(mask: Mask) -> Mask:
    """What lies on the left band and left of it, as a mask; empty when there is no band at the left end.

    Row by row, because a plate may lean: up to the last blue px of the row. White letters break the blue, so a row
    is taken to reach at least as far as most rows do.
    """
    height, width = mask.shape
    area = np.zeros_like(mask)
    rows, begin, reach = _rows_of_band(mask)
    if not len(rows) or np.median(begin + reach) / 2 > width * _OUTER:
        return area
    lean = np.polyfit(rows, reach, 1) if len(rows) > 3 else np.array([0.0, float(np.median(reach))])
    if abs(lean[0]) > 0.5:  # steeper than any plate we can read: a few stray rows
        lean = np.array([0.0, float(np.median(reach))])
    edge = np.polyval(lean, np.arange(height))
    area[np.arange(width)[None, :] < edge[:, None]] = 255
    return area


def _rows_of_band(mask: Mask) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows that show a band at the left end, and where its blue begins and ends in each, px; none without one."""
    height, width = mask.shape
    side = mask[:, : round(width * _SIDE)] > 0
    begin = side.argmax(axis=1)
    reach = np.where(side.any(axis=1), side.shape[1] - np.argmax(side[:, ::-1], axis=1), 0)
    rows = np.flatnonzero((reach > 0) & (reach < side.shape[1]))  # a row blue to the limit is bodywork, not band
    central = np.count_nonzero((rows >= height / 4) & (rows < height * 3 / 4))
    if central <= height / 2 * _IN_THE_MIDDLE:
        rows = rows[:0]
    return rows, begin[rows], reach[rows]


def background(line: Image, mask: Mask) -> npt.NDArray[np.uint8]:
    """The colour (3,) that most of the middle of the line has, off the bands: the median of its lighter half."""
    height, width = mask.shape
    rows = slice(height // 5, height - height // 5)
    columns = slice(width // 4, width - width // 4)
    pixels = line[rows, columns][mask[rows, columns] == 0]
    brightness = pixels.sum(axis=1)
    return np.asarray(np.median(pixels[brightness >= np.median(brightness)], axis=0), np.uint8)
