# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn streets with a known plate, for tests that read images."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from anpr.drawing.plate import draw_plate


@dataclass(frozen=True, kw_only=True)
class Street:
    """Place of the plate in the written image, px."""

    path: Path
    x: int
    y: int
    w: int
    h: int


def write_street(path: Path, text: str, *, plate_width: int = 150) -> Street:
    """A grey street with the back of a dark car and its plate."""
    image = np.full((480, 640, 3), (120, 125, 122), np.uint8)
    cv2.rectangle(image, (170, 150), (470, 400), (60, 45, 40), -1)
    cv2.rectangle(image, (200, 170), (440, 250), (90, 85, 80), -1)
    for x in (180, 420):
        cv2.rectangle(image, (x, 270), (x + 40, 300), (40, 40, 180), -1)
    drawn = draw_plate("it_car", text=text, rng=np.random.default_rng(1))
    x1, y1, x2, y2 = drawn.rect
    cut = drawn.image[y1:y2, x1:x2]
    height = round(cut.shape[0] * plate_width / cut.shape[1])
    left, top = 320 - plate_width // 2, 320
    image[top : top + height, left : left + plate_width] = cv2.resize(
        cut, (plate_width, height), interpolation=cv2.INTER_AREA
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, cv2.GaussianBlur(image, (3, 3), 0.7))[1].tobytes())
    return Street(path=path, x=left, y=top, w=plate_width, h=height)
