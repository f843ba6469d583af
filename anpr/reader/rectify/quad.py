# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quadrilaterals: the four corners of a plate in an image. Pure numpy."""

import numpy as np
import numpy.typing as npt

from anpr.domain.read import Box

Quad = npt.NDArray[np.float32]
"""(4, 2): x, y in px of the plate's top left, top right, bottom right and bottom left, blue bands included."""


def quad_of(box: Box) -> Quad:
    """The corners of an upright box."""
    x2, y2 = box.x + box.w, box.y + box.h
    return np.array([(box.x, box.y), (x2, box.y), (x2, y2), (box.x, y2)], np.float32)


def hull(quad: Quad) -> Box:
    """The upright box around the corners. Raises ValueError where they lie on one point."""
    (x1, y1), (x2, y2) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
    return Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1)


def sides(quad: Quad) -> tuple[float, float]:
    """Width and height, px: the means of the opposite sides."""
    top, right, bottom, left = (float(np.linalg.norm(quad[(corner + 1) % 4] - quad[corner])) for corner in range(4))
    return (top + bottom) / 2, (right + left) / 2


def lean(quad: Quad) -> float:
    """Degrees by which the plate's baseline leaves the horizontal, mean of its upper and lower side; clockwise > 0."""
    along = quad[1] - quad[0] + quad[2] - quad[3]
    return float(np.degrees(np.arctan2(along[1], along[0])))


def is_convex(quad: Quad) -> bool:
    """Whether the corners go round clockwise (as images have it: y downwards) without a dent."""
    edges = np.roll(quad, -1, axis=0) - quad
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return bool((turns > 0).all())


def grown(quad: Quad, across: float, up: float) -> Quad:
    """The corners moved outwards in the plate's own perspective: by `across` of its width and `up` of its height."""
    # A homography from the unit square, evaluated outside of it, keeps the margin on the plate's plane.
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    wanted = np.array([(-across, -up), (1 + across, -up), (1 + across, 1 + up), (-across, 1 + up)], np.float64)
    return mapped(wanted, homography(square, quad.astype(np.float64)))


def homography(source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The (3, 3) matrix that takes four points (4, 2) to four others. Raises LinAlgError where three lie on a line."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [(x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y)]
        right += [u, v]
    solved = np.linalg.solve(np.array(rows, np.float64), np.array(right, np.float64))
    return np.append(solved, 1.0).reshape(3, 3)


def mapped(points: npt.NDArray[np.float64], matrix: npt.NDArray[np.float64]) -> Quad:
    """The points (n, 2) after the (3, 3) `matrix`."""
    moved = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(moved[:, :2] / moved[:, 2:], np.float32)
