# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data augmentation of windows: rotation, tilt, framing and light."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.drawing.degrade import blocks, blur, coarse, gamma, motion_blur, noise
from anpr.reader.rectify.quad import Quad, hull, mapped, quad_of
from anpr.reader.rectify.view import view_of
from scripts.training.rectifier.shape import HEIGHT, PAD_VALUE, WIDTH

_CUT_OUT_SHARE = 0.08
_MIRROR = np.array([1, 0, 3, 2])
"""The order of the corners of a mirrored plate: its shape is one, whatever its letters."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """What the network is shown, and what it should say."""

    view: Image
    quad: Quad | None
    """In px of the view."""
    lines: int


def example(image: Image, box: tuple[float, ...], quad: Quad | None, lines: int, rng: np.random.Generator) -> Example:
    """One more view of a window."""
    framed = Box(x=box[0], y=box[1], w=max(2.0, box[2] - box[0]), h=max(2.0, box[3] - box[1]))
    corners = quad_of(framed) if quad is None else quad
    turn = _turned(corners, rng)
    seen = mapped(corners.astype(np.float64), turn)
    window = view_of(_jittered(hull(seen), rng), WIDTH, HEIGHT)
    zoom = np.array(
        [(window.scale, 0, -window.x * window.scale), (0, window.scale, -window.y * window.scale), (0, 0, 1)]
    )
    matrix = zoom @ turn
    if mirrored := bool(rng.random() < 0.5):
        matrix = np.array([(-1.0, 0, WIDTH), (0, 1, 0), (0, 0, 1)]) @ matrix
    view = _warped(image, matrix)
    made = None if quad is None else mapped(quad.astype(np.float64), matrix)
    if made is not None and mirrored:
        made = made[_MIRROR]
    view = _relit(view, rng)
    if rng.random() < _CUT_OUT_SHARE:
        view = _cut_out(view, corners if made is None else made, rng, known=made is not None)
    return Example(view=view, quad=made, lines=lines)


def plain(image: Image, box: tuple[float, ...], quad: Quad | None, lines: int) -> Example:
    """The view as the reader takes it."""
    window = view_of(Box(x=box[0], y=box[1], w=max(2.0, box[2] - box[0]), h=max(2.0, box[3] - box[1])), WIDTH, HEIGHT)
    zoom = np.array(
        [(window.scale, 0, -window.x * window.scale), (0, window.scale, -window.y * window.scale), (0, 0, 1)]
    )
    made = None if quad is None else window.to_view(quad)
    return Example(view=_warped(image, zoom), quad=made, lines=lines)


def _warped(image: Image, matrix: npt.NDArray[np.float64]) -> Image:
    # Corners are places, with (0, 0) at the edge of the first pixel; OpenCV has it in the pixel's middle.
    half = np.array([(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)])
    moved = np.linalg.inv(half) @ matrix @ half
    seen = cv2.warpPerspective(image, moved, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _cut_out(view: Image, quad: Quad, rng: np.random.Generator, *, known: bool) -> Image:
    """Nothing but a little around the plate, as in an image that shows a plate alone."""
    if not known:
        quad = np.array([(WIDTH * 0.2, HEIGHT * 0.3), (WIDTH * 0.8, HEIGHT * 0.7)], np.float32)
    low, high = quad.min(axis=0), quad.max(axis=0)
    left, top, right, bottom = rng.uniform(-0.02, 0.15, 4) * np.tile(high - low, 2)
    x1, y1 = max(0, round(float(low[0] - left))), max(0, round(float(low[1] - top)))
    x2, y2 = max(1, round(float(high[0] + right))), max(1, round(float(high[1] + bottom)))
    out = np.full_like(view, PAD_VALUE)
    out[y1:y2, x1:x2] = view[y1:y2, x1:x2]
    return out


def _turned(quad: Quad, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A homography around the plate's middle: a little roll, shear and tilt, more of it one time in three."""
    much = 3.0 if rng.random() < 0.35 else 1.0
    roll = np.deg2rad(np.clip(rng.normal(0, 3 * much), -25, 25))
    squeeze, shear = np.exp(rng.normal(0, 0.08 * much)), rng.normal(0, 0.05 * much)
    tilt = rng.normal(0, 0.0006 * much, 2)
    x, y = quad.mean(axis=0).tolist()
    to_middle = np.array([(1, 0, -x), (0, 1, -y), (0, 0, 1)], np.float64)
    c, s = np.cos(roll), np.sin(roll)
    askew = np.array([(squeeze * c, -s + shear, 0), (squeeze * s, c, 0), (tilt[0], tilt[1], 1)])
    back = np.array([(1, 0, x), (0, 1, y), (0, 0, 1)], np.float64)
    made: npt.NDArray[np.float64] = back @ askew @ to_middle
    return made


def _jittered(box: Box, rng: np.random.Generator) -> Box:
    """The box as a detector may give it: a few percent off at each side, one time in four loose or too close."""
    off = rng.normal(0, (0.03, 0.05, 0.03, 0.05))
    if rng.random() < 0.25:
        off += rng.uniform(-0.08, 0.25, 4)
    left, top, right, bottom = off * (box.w, box.h, box.w, box.h)
    w, h = max(2.0, box.w + left + right), max(2.0, box.h + top + bottom)
    return Box(x=box.x - left, y=box.y - top, w=w, h=h)


def _relit(view: Image, rng: np.random.Generator) -> Image:
    made = view
    if rng.random() < 0.5:
        made = gamma(made, float(np.exp(rng.normal(0, 0.35))))
    if rng.random() < 0.4:
        cast = rng.uniform(0.8, 1.2, 3) * rng.uniform(0.7, 1.3)
        made = np.asarray(np.clip(made * cast + rng.uniform(-25, 25), 0, 255), np.uint8)
    if rng.random() < 0.15:
        made = np.asarray(cv2.cvtColor(cv2.cvtColor(made, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
    if rng.random() < 0.25:
        made = coarse(made, float(rng.uniform(0.25, 0.8)))
    dice = rng.random()
    if dice < 0.08:
        made = motion_blur(made, float(rng.uniform(2, 8)), float(rng.uniform(0, 180)))
    elif dice < 0.2:
        made = blur(made, float(rng.uniform(0.4, 1.4)))
    if rng.random() < 0.15:
        made = noise(made, float(rng.uniform(2, 10)), rng)
    return blocks(made, int(rng.integers(30, 85))) if rng.random() < 0.12 else made
