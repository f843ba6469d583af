# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image quality: sharpness (variance of the Laplacian) and brightness, from a few tiles and every 8th pixel."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from anpr.capture.image_file import Image

_STEP = 8
_TILES = 4
"""Tiles each way, at full size: an image made smaller looks sharp again."""
_TILE_PX = 64
_LEAST_CONTRAST = 64.0
"""Variance, in levels squared, of a tile that shows something: sky and asphalt stay below it."""
_LEAST_TILES = 4
"""Fewer that show something are text burnt into the image, and no street."""
_ROUNDING = 20 / 12
"""What rounding to whole levels alone gives the Laplacian: 1/12 for each pixel, weighted 4² + 4 · 1²."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageQuality:
    """Sharpness and brightness of one image."""

    sharpness: float | None
    """Variance of the Laplacian over the variance of the image: the median of the tiles that show something.
    In focus, real clips have 0.3 to 1.1, whatever the light; a tenth of that blurred by 1 px (sigma), a fiftieth by
    2 px. None when hardly a tile shows anything."""
    middle: float
    """Median brightness, level 0 to 255."""
    bright: float
    """95th percentile of the brightness, level 0 to 255."""


def measure_quality(image: Image) -> ImageQuality:
    """Measure an image (height × width × 3, BGR) by its green channel: it carries most of the luminance, and slicing
    copies nothing.
    """
    green = image[:, :, 1]
    small = np.ascontiguousarray(green[::_STEP, ::_STEP])
    below = np.cumsum(cv2.calcHist([small], [0], None, [256], [0, 256]))
    middle, bright = (int(np.searchsorted(below, small.size * share)) for share in (0.5, 0.95))
    return ImageQuality(sharpness=_sharpness(green), middle=middle, bright=bright)


def _sharpness(green: Image) -> float | None:
    """The median of the tiles: a time of day burnt into the image stays sharp, whatever the lens does."""
    found = [ratio for tile in _tiles(green) if (ratio := _ratio(tile)) is not None]
    return statistics.median(found) if len(found) >= _LEAST_TILES else None


def _ratio(tile: Image) -> float | None:
    contrast = _variance(tile)
    if contrast < _LEAST_CONTRAST:
        return None
    return max(0.0, (_variance(cv2.Laplacian(tile, cv2.CV_16S)) - _ROUNDING) / contrast)


def _variance(values: cv2.typing.MatLike) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0]) ** 2


def _tiles(green: Image) -> Iterator[Image]:
    height, width = green.shape
    size = min(_TILE_PX, height, width)
    for top in np.linspace(0, height - size, _TILES).astype(int):
        for left in np.linspace(0, width - size, _TILES).astype(int):
            yield np.ascontiguousarray(green[top : top + size, left : left + size])
