# SPDX-License-Identifier: AGPL-3.0-or-later
"""Textured faces: a flat piece of the scene with an image on it, projected into a frame."""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from anpr.demo.scene.view import NEAREST_M, Points, View

Image = npt.NDArray[np.uint8]
"""Height × width × 3, blue green red."""
Cover = npt.NDArray[np.float32]
"""Height × width, 0 (clear) to 1 (covers)."""

_SHORTEST_M = 0.1
"""Shorter pieces of a face that reaches behind the camera are left out: they would lie far outside the frame."""

_SHRINK = 1.6
"""A texture this many times larger than it appears is halved first: warping it directly would flicker."""


@dataclass(frozen=True, eq=False)
class Texture:
    """An image with its cover as a mipmap: at full size, half, quarter and so on."""

    levels: tuple[tuple[Image, Cover], ...]
    opaque: bool = False

    @classmethod
    def of(cls, image: Image, cover: Cover | None = None) -> "Texture":
        """`cover` None: opaque."""
        opaque = cover is None
        cover = np.ones(image.shape[:2], np.float32) if cover is None else cover
        levels = [(image, cover)]
        while min(levels[-1][1].shape) >= 8:
            height, width = levels[-1][1].shape
            size = (width // 2, height // 2)
            levels.append((_shrunk(levels[-1][0], size), _shrunk(levels[-1][1], size)))
        return cls(tuple(levels), opaque)

    def part(self, left: float, top: float, right: float, bottom: float) -> "Texture":
        """A piece of it, its edges given from 0 to 1."""
        return Texture(tuple((_cut(i, left, top, right, bottom), _cut(c, left, top, right, bottom))
                             for i, c in self.levels), self.opaque)  # fmt: skip

    def at(self, width_px: float) -> tuple[Image, Cover]:
        """The level that is not much wider than `width_px`."""
        for image, cover in self.levels:
            if cover.shape[1] <= width_px * _SHRINK:
                return image, cover
        return self.levels[-1]


Pixels = TypeVar("Pixels", Image, Cover)


def _cut(image: Pixels, left: float, top: float, right: float, bottom: float) -> Pixels:
    height, width = image.shape[:2]
    rows = slice(int(top * height), max(int(top * height) + 1, int(bottom * height)))
    columns = slice(int(left * width), max(int(left * width) + 1, int(right * width)))
    return image[rows, columns]


def _shrunk(image: Pixels, size: tuple[int, int]) -> Pixels:
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(image.dtype)


@dataclass(frozen=True, eq=False)
class Face:
    """`corners` 4 × 3 m, clockwise from the texture's top left as seen from its front; its back is not drawn."""

    corners: Points
    texture: Texture
    two_sided: bool = False

    def moved(self, offset: Points) -> "Face":
        """The same face `offset` metres away."""
        return Face(self.corners + offset, self.texture, self.two_sided)

    def halves(self, depth: npt.NDArray[np.float64]) -> "tuple[Face, Face]":
        """Cut across the direction in which it leads away from the camera."""
        a, b, c, d = self.corners
        if abs(depth[0] - depth[1]) > abs(depth[0] - depth[3]):
            top, bottom = (a + b) / 2, (d + c) / 2
            return (
                Face(np.array([a, top, bottom, d]), self.texture.part(0, 0, 0.5, 1), self.two_sided),
                Face(np.array([top, b, c, bottom]), self.texture.part(0.5, 0, 1, 1), self.two_sided),
            )
        left, right = (a + d) / 2, (b + c) / 2
        return (
            Face(np.array([a, b, right, left]), self.texture.part(0, 0, 1, 0.5), self.two_sided),
            Face(np.array([left, right, c, d]), self.texture.part(0, 0.5, 1, 1), self.two_sided),
        )


def lay(frame: Image, face: Face, view: View) -> None:
    """Draw `face` into `frame`. What is behind the camera, out of the frame or seen from its back is left out."""
    depth = view.depth(face.corners)
    if depth.min() > NEAREST_M:
        _lay(frame, face, view)
    elif depth.max() > NEAREST_M and np.ptp(depth) > _SHORTEST_M:
        for half in face.halves(depth):
            lay(frame, half, view)


def _lay(frame: Image, face: Face, view: View) -> None:
    corners = view.project(face.corners).astype(np.float32)
    if not face.two_sided and _turns_away(corners):
        return
    box = _box(corners, frame)
    if box is None:
        return
    left, top, right, bottom = box
    image, cover = face.texture.at(_width(corners))
    height, width = cover.shape
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - 0.5
    placed = corners - np.array([left, top], np.float32)
    turn = cv2.getPerspectiveTransform(source, placed - 0.5)
    size = (right - left, bottom - top)
    laid = cv2.warpPerspective(image, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = _outline(placed, size)
    if not face.texture.opaque:
        share *= cv2.warpPerspective(cover, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    part = frame[top:bottom, left:right]
    part[:] = cv2.blendLinear(laid, np.ascontiguousarray(part), share, 1 - share)


def _turns_away(corners: npt.NDArray[np.float32]) -> bool:
    (x0, y0), (x1, y1), (x2, y2) = corners[0], corners[1], corners[2]
    return bool((x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0) <= 0)


def _box(corners: npt.NDArray[np.float32], frame: Image) -> tuple[int, int, int, int] | None:
    low = np.floor(corners.min(axis=0)).astype(int) - 1
    high = np.ceil(corners.max(axis=0)).astype(int) + 1
    left, top = max(0, int(low[0])), max(0, int(low[1]))
    right, bottom = min(frame.shape[1], int(high[0])), min(frame.shape[0], int(high[1]))
    return (left, top, right, bottom) if right - left > 0 and bottom - top > 0 else None


def _width(corners: npt.NDArray[np.float32]) -> float:
    return float(max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3]))))


def _outline(corners: npt.NDArray[np.float32], size: tuple[int, int]) -> Cover:
    mask = np.zeros((size[1], size[0]), np.uint8)
    points = np.clip(np.rint(corners * 16), -(1 << 20), 1 << 20).astype(np.int32)
    cv2.fillConvexPoly(mask, points, 255, cv2.LINE_AA, 4)
    return np.asarray(mask / 255, np.float32)
