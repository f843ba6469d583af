# SPDX-License-Identifier: AGPL-3.0-or-later
"""Weathering: screws, a dealer's frame and dirt on a drawn plate."""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.drawing.canvas import Canvas
from anpr.drawing.kinds import Colour
from anpr.drawing.style import PlateStyle

Image = npt.NDArray[np.uint8]

_FRAME_MM = 9.0
_FOOT_MM = 16.0
_FRAME: Colour = (34, 32, 32)
_LIGHT_FRAME: Colour = (168, 166, 164)


def wear(plate: Image, style: PlateStyle, rng: np.random.Generator) -> Image:
    """The plate with the screws, the dirt and the frame of `style`; a frame makes the image larger."""
    image = plate
    if style.screws:
        image = _screwed(image, style)
    if style.dirt > 0:
        image = _dirty(image, style.dirt, rng)
    return _framed(image, style) if style.frame else image


def plate_rect(plate: Image, style: PlateStyle) -> tuple[int, int, int, int]:
    """Where `wear` leaves the plate itself: x1, y1, x2, y2 px."""
    rim = _frame_px(style)[0] if style.frame else 0
    return rim, rim, rim + plate.shape[1], rim + plate.shape[0]


def _frame_px(style: PlateStyle) -> tuple[int, int]:
    """Breadth of the frame's rim and of its foot."""
    return max(1, round(_FRAME_MM * style.px_per_mm)), max(1, round(_FOOT_MM * style.px_per_mm))


def _screwed(image: Image, style: PlateStyle) -> Image:
    canvas = Canvas(image=image.copy(), px_per_mm=style.px_per_mm)
    width, height = image.shape[1] / style.px_per_mm, image.shape[0] / style.px_per_mm
    levels = (0.5,) if style.screws == 2 else (0.12, 0.88)
    for x in (0.1 * width, 0.9 * width):
        for y in levels:
            canvas.disc(x, y * height, 4.0, (150, 155, 160))
            canvas.disc(x, y * height, 1.6, (90, 95, 100))
    return canvas.image


def _dirty(image: Image, amount: float, rng: np.random.Generator) -> Image:
    """Brown clouds that grow towards the lower edge, and splashes."""
    height, width = image.shape[:2]
    coarse = rng.random((max(2, height // 24), max(2, width // 24))).astype(np.float32)
    cloud = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    slope = np.linspace(0.4, 1.0, height, dtype=np.float32)[:, None]
    cover = np.clip(cloud * slope * amount, 0, 0.85)
    for _ in range(int(amount * 30)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(cover, centre, int(rng.integers(1, max(2, height // 30) + 1)), min(amount, 0.85), -1, cv2.LINE_AA)
    mud = np.array([58, 78, 92], np.float32)
    mixed = image * (1 - cover[..., None]) + mud * cover[..., None]
    return np.asarray(np.rint(mixed), np.uint8)


def _framed(image: Image, style: PlateStyle) -> Image:
    rim, foot = _frame_px(style)
    ground, ink = (_LIGHT_FRAME, (40, 38, 38)) if style.light_frame else (_FRAME, (205, 205, 205))
    framed = cv2.copyMakeBorder(image, rim, foot, rim, rim, cv2.BORDER_CONSTANT, value=ground)
    canvas = Canvas(image=np.asarray(framed, np.uint8), px_per_mm=style.px_per_mm)
    if style.dealer:
        width, height = framed.shape[1] / style.px_per_mm, framed.shape[0] / style.px_per_mm
        wide = min(width * 0.7, len(style.dealer) * 9.0)
        box = (width / 2 - wide / 2, height - _FOOT_MM * 0.8, wide, _FOOT_MM * 0.55)
        canvas.words(style.dealer, box, 1.2, ink)
    return canvas.image
