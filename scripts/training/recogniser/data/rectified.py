# SPDX-License-Identifier: AGPL-3.0-or-later
"""Level crops of plates, as the reader's rectification by four corners gives them, with its errors.

Margins from a little too close to a quarter too wide, corners a few percent of the plate's height off, plates of
photographs (corners known), of cut-outs (the plate fills the image) and drawn ones (laid on bodywork).
"""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.drawing import place_on, tilted_quad
from anpr.reader.rectify.quad import Quad, sides
from scripts.training.recogniser.data.samples import CornerPoints

MARGINS = np.array([0.02, 0.02, 0.06, 0.06])
"""Left, right (of the plate's width), top, bottom (of its height) in the crop that the reader gives."""
_LEAST_MARGIN, _MOST_MARGIN = -0.02, 0.13
_STRAY = 0.035
"""Standard deviation of a corner found, of the plate's height."""
_CUT_SHARE, _DEEPEST_CUT = 0.05, -0.07
"""Share of the views that lose a piece at one end, and how much of the width at most: half a character."""
_LEANING_SHARE = 0.2
"""Of the drawn plates are seen from the side and not set level, as without corners."""
_LEAST_WIDTH, _MOST_WIDTH = 56, 320
"""Of a drawn plate, px."""


def level(image: Image, corners: CornerPoints | None, margins: npt.NDArray[np.float64] = MARGINS) -> Image:
    """The plate set level, with `margins` around it; as it is where the corners are not known."""
    if corners is None:
        return image
    return _warped(image, np.array(corners, np.float32), margins)


def rectified(image: Image, corners: CornerPoints | None, rng: np.random.Generator, lines: int = 1) -> Image:
    """One more level crop of a real plate: other margins, and corners a little off."""
    height, width = image.shape[:2]
    whole = ((0, 0), (width, 0), (width, height), (0, height))
    quad = np.array(whole if corners is None else corners, np.float32)
    return _warped(image, _strayed(quad, rng, _STRAY / lines), _margins(rng))


def rectified_drawn(plate: Image, rng: np.random.Generator) -> Image:
    """A drawn plate on a piece of bodywork at the size a camera sees it, set level again in most cases."""
    width = float(np.exp(rng.uniform(np.log(_LEAST_WIDTH), np.log(_MOST_WIDTH))))
    height = width * plate.shape[0] / plate.shape[1]
    x, y = 0.2 * width, 0.4 * height
    box = (x, y, x + width, y + height)
    leaning = rng.random() < _LEANING_SHARE
    quad = tilted_quad(box, rng, float(rng.uniform(0, 0.25 if leaning else 0.15)))
    scene = bodywork((max(8, round(width * 1.4)), max(8, round(height * 1.8))), rng)
    scene, (x1, y1, x2, y2) = place_on(scene, plate, quad)
    seen = ((x1, y1), (x2, y1), (x2, y2), (x1, y2)) if leaning else quad
    return _warped(scene, _strayed(np.array(seen, np.float32), rng, _STRAY), _margins(rng))


def bodywork(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """A smooth grey or coloured surface with an edge or two."""
    colour = rng.integers(10, 240) + rng.normal(0, 15, 3)
    scene = np.clip(np.full((size[1], size[0], 3), colour), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        ends = rng.uniform(-0.2, 1.2, (2, 2)) * size
        shade = tuple(float(v) for v in np.clip(colour + rng.normal(0, 60), 0, 255))
        start, end = ((round(a), round(b)) for a, b in ends)
        cv2.line(scene, start, end, shade, int(rng.integers(1, max(2, size[1] // 5))), cv2.LINE_AA)
    return scene


def _margins(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Left, right, top, bottom, of the plate's sides."""
    margins = rng.uniform(_LEAST_MARGIN, _MOST_MARGIN, 4)
    if rng.random() < _CUT_SHARE:
        margins[int(rng.integers(2))] = rng.uniform(_DEEPEST_CUT, _LEAST_MARGIN)
    return margins


def _strayed(quad: Quad, rng: np.random.Generator, stray: float) -> Quad:
    height = float(np.hypot(*(quad[3] - quad[0])))
    return np.asarray(quad + rng.normal(0, stray * height, (4, 2)), np.float32)


def _warped(image: Image, quad: Quad, margins: npt.NDArray[np.float64]) -> Image:
    """The quad as a level crop of its own size, with margins (left, right, top, bottom) around it."""
    across, up = sides(quad)
    width, height = max(8.0, across), max(6.0, up)
    left, right, top, bottom = margins * [width, width, height, height]
    size = (max(8, round(width + left + right)), max(6, round(height + top + bottom)))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) + np.array(
        [left, top], np.float32
    )
    turn = cv2.getPerspectiveTransform(quad, target)
    return np.asarray(
        cv2.warpPerspective(image, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
