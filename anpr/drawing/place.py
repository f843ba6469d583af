# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compositing: a drawn plate is laid into a scene in perspective."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from anpr.domain.errors import InputError

Image = npt.NDArray[np.uint8]
Quad = Sequence[tuple[float, float]]
"""Four corners in px, clockwise from the plate's own top left."""
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in px of the scene."""

_LEAST_SIDE_PX = 2.0


def place_on(
    scene: Image, plate: Image, quad: Quad, part: tuple[int, int, int, int] | None = None
) -> tuple[Image, Box]:
    """A copy of `scene` with `plate` laid over the four corners of `quad`, and the box of what can be seen of it.

    `part` (x1, y1, x2, y2 px of `plate`) asks for the box of that part alone: the plate without its frame.
    Raises InputError where `quad` is not four corners or lies outside the scene.
    """
    corners = np.array(quad, np.float32)
    if corners.shape != (4, 2):
        raise InputError(f"a plate is placed by four corners (x, y), not {corners.shape}")
    box = _seen(_inside(corners, plate, part), scene)
    shrunk = _shrink(plate, corners)
    source = np.array([(0, 0), (shrunk.shape[1], 0), (shrunk.shape[1], shrunk.shape[0]), (0, shrunk.shape[0])])
    turn = cv2.getPerspectiveTransform(source.astype(np.float32), corners)
    size = (scene.shape[1], scene.shape[0])
    laid = cv2.warpPerspective(shrunk, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros(scene.shape[:2], np.uint8)
    cv2.fillConvexPoly(cover, np.rint(corners * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    share = cover[..., None].astype(np.float32) / 255
    mixed = np.rint(scene * (1 - share) + laid * share).astype(np.uint8)
    return mixed, box


def _inside(
    corners: npt.NDArray[np.float32], plate: Image, part: tuple[int, int, int, int] | None
) -> npt.NDArray[np.float32]:
    """Where the corners of `part` of the plate come to lie."""
    if part is None:
        return corners
    height, width = plate.shape[:2]
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    x1, y1, x2, y2 = part
    wanted = np.array([[(x1, y1), (x2, y1), (x2, y2), (x1, y2)]], np.float32)
    moved: npt.NDArray[np.float32] = cv2.perspectiveTransform(wanted, cv2.getPerspectiveTransform(source, corners))[0]
    return moved


def _seen(corners: npt.NDArray[np.float32], scene: Image) -> Box:
    limit = np.array([scene.shape[1], scene.shape[0]], np.float32)
    low = np.clip(corners.min(axis=0), 0, limit)
    high = np.clip(corners.max(axis=0), 0, limit)
    if np.any(high - low < _LEAST_SIDE_PX):
        raise InputError(f"the corners {corners.tolist()} leave nothing of the plate in a scene of {limit.tolist()} px")
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _shrink(plate: Image, corners: npt.NDArray[np.float32]) -> Image:
    """The plate at about the size it will have: warping a large image to a small one would alias."""
    wide = max(float(np.hypot(*(corners[1] - corners[0]))), float(np.hypot(*(corners[2] - corners[3]))))
    scale = wide / plate.shape[1]
    if scale >= 1:
        return plate
    size = (max(2, round(plate.shape[1] * scale)), max(2, round(plate.shape[0] * scale)))
    return np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)


def tilted_quad(box: Box, rng: np.random.Generator, most: float = 0.12) -> list[tuple[float, float]]:
    """Corners of a plate seen a little from the side, within `box`; `most` is the largest tilt in box heights."""
    x1, y1, x2, y2 = box
    height = y2 - y1
    roll, yaw = rng.uniform(-most, most) * height, rng.uniform(-most, most) * height
    lift, turn = abs(roll) / 2, abs(yaw) / 2
    left_up, right_up = y1 + lift + roll / 2 + max(yaw, 0), y1 + lift - roll / 2 + max(-yaw, 0)
    left_down, right_down = y2 - lift + roll / 2 - max(yaw, 0), y2 - lift - roll / 2 - max(-yaw, 0)
    return [(x1 + turn, left_up), (x2 - turn, right_up), (x2 - turn, right_down), (x1 + turn, left_down)]
