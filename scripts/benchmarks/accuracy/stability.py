# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stability: whether a plate keeps its text when it is cropped, lit, sized or compressed a little differently."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.drawing.degrade import blocks
from scripts.training.recogniser.data.rectified import MARGINS, level
from scripts.training.recogniser.data.samples import CornerPoints

_SHIFTS = ((-2, -2), (0, -2), (2, -2), (-2, 0), (2, 0), (-2, 2), (0, 2), (2, 2))
"""px of the photograph."""
_BRIGHTNESS = (0.75, 0.9, 1.1, 1.25)
_JPEG = 60


@dataclass(frozen=True, kw_only=True)
class Stillness:
    """How many plates kept their text over all views."""

    plates: int
    changed: int
    views: int
    right_in_all: int


def twenty_views(photograph: Image, corners: CornerPoints) -> Iterator[Image]:
    """The level crop of the plate as it is and changed in 19 fixed ways."""
    plain = level(photograph, corners)
    yield plain
    for shift in _SHIFTS:
        yield level(photograph, _moved(corners, shift))
    for factor in _BRIGHTNESS:
        yield np.clip(plain.astype(np.float32) * factor, 0, 255).astype(np.uint8)
    yield from (level(photograph, corners, MARGINS + grown) for grown in (-0.02, 0.05))
    small, half = _halved(photograph, corners)
    yield level(small, half)
    yield from (level(small, _moved(half, shift)) for shift in ((1, 0), (0, 1)))
    yield blocks(plain, _JPEG)
    yield blocks(level(photograph, _moved(corners, (2, 2))), _JPEG)


def stillness(read: Callable[[Image], str], plates: list[tuple[Image, CornerPoints, str]]) -> Stillness:
    """`read` asked about every view of (photograph, corners, text)."""
    changed = right = views = 0
    for photograph, corners, text in plates:
        texts = [read(view) for view in twenty_views(photograph, corners)]
        views = len(texts)
        changed += len(set(texts)) > 1
        right += set(texts) == {text}
    return Stillness(plates=len(plates), changed=changed, views=views, right_in_all=right)


def _moved(corners: CornerPoints, shift: tuple[float, float]) -> CornerPoints:
    return tuple((x + shift[0], y + shift[1]) for x, y in corners)


def _halved(photograph: Image, corners: CornerPoints) -> tuple[Image, CornerPoints]:
    size = (max(1, photograph.shape[1] // 2), max(1, photograph.shape[0] // 2))
    return np.asarray(cv2.resize(photograph, size, interpolation=cv2.INTER_AREA), np.uint8), tuple(
        (x / 2, y / 2) for x, y in corners
    )
