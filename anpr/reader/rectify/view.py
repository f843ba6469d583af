# SPDX-License-Identifier: AGPL-3.0-or-later
"""Input window of the corner network: the detector's box with a wide margin, of one shape and size."""

from dataclasses import dataclass

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.rectify.quad import Quad

GROWN = 1.7
"""Of the box: boxes of a detector end up to a fifth beside the plate, and a leaning plate needs room to be judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A window of the image: view px = (image px - offset) × scale."""

    x: float
    y: float
    scale: float
    width: int
    height: int
    """Of the view, px."""

    def to_picture(self, points: Quad) -> Quad:
        """Points (n, 2) of the view in px of the image."""
        return np.asarray(points / self.scale + (self.x, self.y), np.float32)

    def to_view(self, points: Quad) -> Quad:
        """Points (n, 2) of the image in px of the view."""
        return np.asarray((points - (self.x, self.y)) * self.scale, np.float32)


def view_of(box: Box, width: int, height: int, grown: float = GROWN) -> View:
    """The window of `width` × `height` px whose middle is the box's, and in which the box has a margin around it."""
    across = grown * max(box.w, box.h * width / height)
    scale = width / across
    return View(
        x=box.x + box.w / 2 - across / 2,
        y=box.y + box.h / 2 - height / scale / 2,
        scale=scale,
        width=width,
        height=height,
    )


def shown(image: Image, view: View, pad_value: int) -> Image:
    """The window's pixels (height, width, 3); grey of `pad_value` where it reaches beyond the image."""
    source, x, y, scale = _shrunk(image, view)
    matrix = np.array([[scale, 0, -x * scale], [0, scale, -y * scale]], np.float64)
    # OpenCV places pixels by their middle: half a pixel of the source is half a pixel of the view times the scale.
    matrix[:, 2] += (scale - 1) / 2
    border = (pad_value, pad_value, pad_value)
    seen = cv2.warpAffine(
        source, matrix, (view.width, view.height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )  # fmt: skip
    return np.asarray(seen, np.uint8)


def _shrunk(image: Image, view: View) -> tuple[Image, float, float, float]:
    """The part of the image that the window shows, averaged where it is made much smaller; its offset and scale."""
    height, width = image.shape[:2]
    x1, y1 = max(0, int(view.x) - 2), max(0, int(view.y) - 2)
    factor = int(1 / view.scale)
    # What does not fill a whole averaged pixel is cut off: it lies beyond the window.
    x2 = min(width, int(view.x + view.width / view.scale) + 3 + factor)
    y2 = min(height, int(view.y + view.height / view.scale) + 3 + factor)
    if x2 <= x1 or y2 <= y1:
        return np.full((1, 1, 3), 0, np.uint8), -1e6, -1e6, view.scale
    part = image[y1:y2, x1:x2]
    if factor < 2 or min(part.shape[:2]) < 2 * factor:
        return part, view.x - x1, view.y - y1, view.scale
    size = (part.shape[1] // factor, part.shape[0] // factor)
    part = part[: size[1] * factor, : size[0] * factor]
    small = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, (view.x - x1) / factor, (view.y - y1) / factor, view.scale * factor
