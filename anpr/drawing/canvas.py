# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawing canvas measured in millimetres."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.drawing.kinds import Colour
from anpr.drawing.letter_variation import strokes_by
from anpr.drawing.letters import WIDTHS, draw_strokes, strokes_of

_BITS = 4

Box = tuple[float, float, float, float]
"""x, y, width, height in mm."""


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """Pixels, and how many of them make a millimetre."""

    image: npt.NDArray[np.uint8]
    px_per_mm: float

    @classmethod
    def blank(cls, width: float, height: float, px_per_mm: float, colour: Colour) -> "Canvas":
        """A canvas of `width` × `height` mm in one colour."""
        shape = (max(1, round(height * px_per_mm)), max(1, round(width * px_per_mm)), 3)
        return cls(image=np.full(shape, colour, np.uint8), px_per_mm=px_per_mm)

    def rectangle(self, box: Box, colour: Colour, line: float | None = None) -> None:
        """A filled rectangle, or its outline `line` mm thick."""
        x, y, w, h = (v * self.px_per_mm for v in box)
        thickness = -1 if line is None else max(1, round(line * self.px_per_mm))
        low, high = self._fine(x, y), self._fine(x + w - 1, y + h - 1)
        cv2.rectangle(self.image, low, high, colour, thickness, cv2.LINE_AA, _BITS)

    def disc(self, x: float, y: float, radius: float, colour: Colour, line: float | None = None) -> None:
        """A filled disc around (x, y) mm, or a ring `line` mm thick."""
        scale = self.px_per_mm
        thickness = -1 if line is None else max(1, round(line * scale))
        reach = round(radius * scale * (1 << _BITS))
        cv2.circle(self.image, self._fine(x * scale, y * scale), reach, colour, thickness, cv2.LINE_AA, _BITS)

    def letter(self, character: str, box: Box, weight: float, colour: Colour, hand: int | None = None) -> None:
        """One character filling `box`, its strokes `weight` mm thick, as our own hand or another draws it."""
        strokes = strokes_of(character) if hand is None else strokes_by(hand, character)
        x, y, w, h = (v * self.px_per_mm for v in box)
        left, top = int(x) - 1, int(y) - 1
        mask = np.zeros((int(h) + 4, int(w) + 4), np.uint8)
        draw_strokes(mask, strokes, (x - left, y - top, w, h), max(weight * self.px_per_mm, 0.8))
        self._blend(mask, left, top, colour)

    def words(self, text: str, box: Box, weight: float, colour: Colour) -> None:
        """Small print: `text` (capitals, figures, spaces) spread over `box`."""
        x, y, width, height = box
        widths = [WIDTHS.get(c, 1.0) if c != " " else 0.6 for c in text]
        unit = width / max(sum(widths) + 0.25 * (len(text) - 1), 1e-6)
        for character, share in zip(text, widths, strict=True):
            if character != " ":
                self.letter(character, (x, y, share * unit, height), weight, colour)
            x += (share + 0.25) * unit

    def _blend(self, mask: npt.NDArray[np.uint8], left: int, top: int, colour: Colour) -> None:
        """Paint `colour` through `mask`, whose corner lies at (left, top) px; what falls outside is cut off."""
        x0, y0 = max(left, 0), max(top, 0)
        x1 = min(left + mask.shape[1], self.image.shape[1])
        y1 = min(top + mask.shape[0], self.image.shape[0])
        if x1 <= x0 or y1 <= y0:
            return
        part = self.image[y0:y1, x0:x1]
        share = mask[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.float32) / 255
        part[:] = np.rint(part * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)

    @staticmethod
    def _fine(x: float, y: float) -> tuple[int, int]:
        """Pixels as the sixteenths that OpenCV's drawing takes, its origin in the middle of a pixel."""
        return round((x - 0.5) * (1 << _BITS)), round((y - 0.5) * (1 << _BITS))
