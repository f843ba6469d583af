# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vector alphabet: every character as strokes in a unit box, and the pixels they cover.

Our own shapes, in the plain narrow manner of European plates. A stroke is a path of corners
`(x, y)` or `(x, y, r)`: x to the right and y down, both 0..1 of the centre line's box, and r the
rounding of that corner in box widths.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

Corner = tuple[float, float] | tuple[float, float, float]
Stroke = tuple[Corner, ...]
Points = npt.NDArray[np.float64]

_R = 0.5
_SUBPIXEL_BITS = 4

_BOWL: Stroke = ((0, 1), (0, 0), (1, 0, _R), (1, 0.55, _R), (0, 0.55))
_ROUND: Stroke = ((0.5, 0), (1, 0, _R), (1, 1, _R), (0, 1, _R), (0, 0, _R), (0.5, 0))

STROKES: dict[str, tuple[Stroke, ...]] = {
    "A": (((0, 1), (0.43, 0), (0.57, 0), (1, 1)), ((0.17, 0.68), (0.83, 0.68))),
    "B": (
        ((0, 0.48), (0, 0), (0.94, 0, _R), (0.94, 0.48, _R), (0, 0.48)),
        ((0, 0.48), (0, 1), (1, 1, _R), (1, 0.48, _R), (0.5, 0.48)),
    ),
    "C": (((1, 0.27), (1, 0, _R), (0, 0, _R), (0, 1, _R), (1, 1, _R), (1, 0.73)),),
    "D": (((0, 0.5), (0, 1), (1, 1, _R), (1, 0, _R), (0, 0), (0, 0.5)),),
    "E": (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.48), (0.85, 0.48))),
    "F": (((1, 0), (0, 0), (0, 1)), ((0, 0.48), (0.85, 0.48))),
    # Measured on real plates of the G series: the bar lies at .58 to .62 of the height and reaches past the middle.
    "G": (((1, 0.23), (1, 0, _R), (0, 0, _R), (0, 1, _R), (1, 1, _R), (1, 0.6), (0.45, 0.6)),),
    "H": (((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 0.48), (1, 0.48))),
    "I": (((0.5, 0), (0.5, 1)),),
    "J": (((1, 0), (1, 1, _R), (0, 1, _R), (0, 0.72)),),
    "K": (((0, 0), (0, 1)), ((1, 0), (0, 0.62)), ((0.34, 0.42), (1, 1))),
    "L": (((0, 0), (0, 1), (1, 1)),),
    "M": (((0, 1), (0, 0), (0.5, 0.62), (1, 0), (1, 1)),),
    "N": (((0, 1), (0, 0), (1, 1), (1, 0)),),
    "O": (_ROUND,),
    "P": (_BOWL,),
    "Q": (_ROUND, ((0.58, 0.74), (1, 1.03))),
    "R": (_BOWL, ((0.5, 0.55), (1, 1))),
    "S": (((1, 0.24), (1, 0, _R), (0, 0, _R), (0, 0.48, _R), (1, 0.48, _R), (1, 1, _R), (0, 1, _R), (0, 0.76)),),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "U": (((0, 0), (0, 1, _R), (1, 1, _R), (1, 0)),),
    "V": (((0, 0), (0.5, 1), (1, 0)),),
    "W": (((0, 0), (0.22, 1), (0.5, 0.42), (0.78, 1), (1, 0)),),
    "X": (((0, 0), (1, 1)), ((1, 0), (0, 1))),
    "Y": (((0, 0), (0.5, 0.52), (1, 0)), ((0.5, 0.52), (0.5, 1))),
    "Z": (((0, 0), (1, 0), (0, 1), (1, 1)),),
    "0": (_ROUND,),
    "1": (((0.1, 0.26), (0.65, 0), (0.65, 1)),),
    "2": (((0, 0.26), (0, 0, _R), (1, 0, _R), (1, 0.4, 0.4), (0, 1), (1, 1)),),
    "3": (((0, 0), (0.95, 0), (0.42, 0.42), (1, 0.42, _R), (1, 1, _R), (0, 1, _R), (0, 0.76)),),
    "4": (((0.7, 0), (0, 0.8), (1, 0.8)), ((0.72, 0.62), (0.72, 1))),
    "5": (((0.95, 0), (0.1, 0), (0.05, 0.46), (1, 0.4, _R), (1, 1, _R), (0, 1, _R), (0, 0.77)),),
    "6": (((1, 0.2), (1, 0, _R), (0, 0, _R), (0, 1, _R), (1, 1, _R), (1, 0.42, _R), (0, 0.42, _R), (0, 0.6)),),
    "7": (((0, 0), (1, 0), (0.35, 1)),),
    "8": (
        ((0.5, 0), (0.93, 0, _R), (0.93, 0.46, _R), (0.07, 0.46, _R), (0.07, 0, _R), (0.5, 0)),
        ((0.5, 0.46), (1, 0.46, _R), (1, 1, _R), (0, 1, _R), (0, 0.46, _R), (0.5, 0.46)),
    ),
    "9": (((0, 0.8), (0, 1, _R), (1, 1, _R), (1, 0, _R), (0, 0, _R), (0, 0.58, _R), (1, 0.58, _R), (1, 0.4)),),
    "-": (((0.1, 0.52), (0.9, 0.52)),),
}

_UMLAUTS = {"Ä": "A", "Ö": "O", "Ü": "U"}

WIDTHS = {"I": 0.3, "1": 0.75, "M": 1.1, "W": 1.2, "-": 0.5}
"""Width of a character where it is not one plain letter width."""


def strokes_of(character: str) -> tuple[Stroke, ...]:
    """The strokes of one capital letter, figure or hyphen. Raises KeyError for any other character."""
    if character not in _UMLAUTS:
        return STROKES[character]
    lowered = tuple(
        tuple((c[0], 0.22 + 0.78 * c[1], *c[2:]) for c in stroke) for stroke in STROKES[_UMLAUTS[character]]
    )
    dots: tuple[Stroke, ...] = (((0.18, 0), (0.34, 0)), ((0.66, 0), (0.82, 0)))
    return lowered + dots


def draw_strokes(mask: npt.NDArray[np.uint8], strokes: Sequence[Stroke], box: Sequence[float], weight: float) -> None:
    """Draw strokes in white on the grey `mask`, inside `box` (x, y, width, height px), `weight` px thick."""
    x, y, width, height = box
    inner = (x + weight / 2, y + weight / 2, max(width - weight, 0.1), max(height - weight, 0.1))
    for stroke in strokes:
        _draw_path(mask, rounded(stroke, inner), weight)


def rounded(stroke: Stroke, box: Sequence[float]) -> Points:
    """The stroke's corners as (N, 2) points in px of `box`, its rounded corners replaced by curves."""
    x, y, width, height = box
    points = np.array([(x + c[0] * width, y + c[1] * height) for c in stroke])
    path = [points[0][None]]
    for i in range(1, len(points) - 1):
        corner = stroke[i]
        reach = corner[2] * width if len(corner) == 3 else 0.0
        path.append(_curve(points[i - 1], points[i], points[i + 1], reach) if reach else points[i][None])
    path.append(points[-1][None])
    return np.concatenate(path)


def _curve(before: Points, corner: Points, after: Points, reach: float) -> Points:
    """Eight points of a curve that leaves the path `reach` px before `corner` and rejoins it as far after."""
    back, ahead = before - corner, after - corner
    # A corner shares each side with its neighbour, unless the side ends the path: half is always safe.
    back_length, ahead_length = float(np.hypot(*back)), float(np.hypot(*ahead))
    start = corner + back / max(back_length, 1e-6) * min(reach, back_length / 2)
    end = corner + ahead / max(ahead_length, 1e-6) * min(reach, ahead_length / 2)
    t = np.linspace(0, 1, 8)[:, None]
    # Between a circle's arc (weight 0.55) and the corner itself: a conic drawn as a cubic.
    first, second = start + (corner - start) * 0.6, end + (corner - end) * 0.6
    curve: Points = (1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * first + 3 * (1 - t) * t**2 * second + t**3 * end
    return curve


def _draw_path(mask: npt.NDArray[np.uint8], path: Points, weight: float) -> None:
    """Fill a thick path with square ends and round joints, antialiased to a sixteenth of a pixel."""
    unit = 1 << _SUBPIXEL_BITS
    for a, b in pairwise(path):
        along = b - a
        length = float(np.hypot(*along))
        if length < 1e-6:
            continue
        across = np.array([-along[1], along[0]]) / length * weight / 2
        quad = np.rint(np.array([a + across, b + across, b - across, a - across]) * unit).astype(np.int32)
        cv2.fillConvexPoly(mask, quad, 255, cv2.LINE_AA, _SUBPIXEL_BITS)
    for joint in path[1:-1]:
        centre = (round(joint[0] * unit), round(joint[1] * unit))
        cv2.circle(mask, centre, round(weight / 2 * unit), 255, -1, cv2.LINE_AA, _SUBPIXEL_BITS)
