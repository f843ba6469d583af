# SPDX-License-Identifier: AGPL-3.0-or-later
"""Valid images, ordinary and odd, that the mutations start from. Seeded."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from anpr.drawing import KINDS, degrade, draw_plate, place_on, random_style, tilted_quad

Image = npt.NDArray[np.uint8]
Rng = np.random.Generator
AnyImage = npt.NDArray[Any]
"""Height × width, or × 1, 3 or 4; 8 or 16 bits."""

_SIZES = (1, 2, 3, 5, 7, 8, 13, 16, 27, 28, 31, 32, 33, 64, 100, 127, 129, 255, 257, 400, 401, 639, 641)
_LONG = (1000, 2501, 5000, 10_000)
_KINDS = tuple(KINDS)


def scene(rng: Rng) -> Image:
    """A street of sorts with up to four plates, one of them at times cut by the border."""
    width, height = int(rng.integers(160, 640)), int(rng.integers(120, 480))
    image = np.full((height, width, 3), rng.integers(30, 220, 3), np.uint8)
    for _ in range(int(rng.integers(0, 8))):
        corner = (int(rng.integers(width)), int(rng.integers(height)))
        opposite = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.rectangle(image, corner, opposite, [int(c) for c in rng.integers(0, 255, 3)], -1)
    for _ in range(int(rng.integers(0, 4))):
        image = _with_plate(image, rng)
    return degrade(image, rng)


def _with_plate(image: Image, rng: Rng) -> Image:
    plate = draw_plate(str(rng.choice(_KINDS)), rng=rng, style=random_style(rng, px_per_mm=0.6)).image
    height, width = image.shape[:2]
    wide = float(rng.uniform(20, width * 0.9))
    high = wide * plate.shape[0] / plate.shape[1]
    left, top = float(rng.uniform(-wide / 3, width - wide / 2)), float(rng.uniform(-high / 3, height - high / 2))
    return place_on(image, plate, tilted_quad((left, top, left + wide, top + high), rng))[0]


def close_up(rng: Rng) -> Image:
    """Nothing but a plate, of any proportions and size."""
    plate = draw_plate(str(rng.choice(_KINDS)), rng=rng, style=random_style(rng, px_per_mm=1.0)).image
    size = (int(rng.integers(4, 700)), int(rng.integers(4, 300)))
    return np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)


def wall(rng: Rng) -> Image:
    """Many plates side by side."""
    tiles = []
    for _ in range(int(rng.integers(4, 10))):
        row = [draw_plate("it_car", rng=rng).image for _ in range(int(rng.integers(3, 8)))]
        tiles.append(np.hstack([cv2.resize(one, (80, 24)) for one in row]))
    widest = max(tile.shape[1] for tile in tiles)
    padded = [cv2.copyMakeBorder(one, 4, 4, 0, widest - one.shape[1], cv2.BORDER_REFLECT) for one in tiles]
    return np.asarray(np.vstack(padded), np.uint8)


def noise(rng: Rng) -> Image:
    """Every pixel for itself."""
    return rng.integers(0, 256, _odd_size(rng), np.uint8)


def flat(rng: Rng) -> Image:
    """One colour, of any odd size."""
    return np.full(_odd_size(rng), rng.integers(0, 256), np.uint8)


def stripes(rng: Rng) -> Image:
    """Bars, as of a grille or a fence; to a detector the likeliest plates of all."""
    height, width, _ = _odd_size(rng)
    period = int(rng.integers(1, 24))
    columns = (np.arange(width) // period % 2 * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(columns[None, :, None], (height, width, 3)))


def line(rng: Rng) -> Image:
    """Long and thin: 10000 × 1 and the like."""
    long, short = int(rng.choice(_LONG)), int(rng.choice((1, 2, 3, 9, 30)))
    shape = (short, long, 3) if rng.random() < 0.5 else (long, short, 3)
    return rng.integers(0, 256, shape, np.uint8) if rng.random() < 0.5 else np.full(shape, 90, np.uint8)


def _odd_size(rng: Rng) -> tuple[int, int, int]:
    return int(rng.choice(_SIZES)), int(rng.choice(_SIZES)), 3


def colours(image: Image, rng: Rng) -> AnyImage:
    """The image as PNG may hold it: grey, with alpha, 16 bits a channel, or as it is."""
    what = rng.integers(5)
    if what == 0:
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    if what == 1:
        return np.dstack([image, rng.integers(0, 256, image.shape[:2], np.uint8)])
    if what == 2:
        return image.astype(np.uint16) * 257
    if what == 3:
        return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257
    return image


VALID_IMAGES: tuple[tuple[Callable[[Rng], Image], float], ...] = (
    (scene, 0.5), (close_up, 0.15), (wall, 0.05), (noise, 0.1), (flat, 0.06), (stripes, 0.06), (line, 0.08),
)  # fmt: skip
"""With their shares."""


def valid_image(rng: Rng) -> tuple[str, Image]:
    """Any of them, and its kind."""
    makers, shares = zip(*VALID_IMAGES, strict=True)
    made = makers[int(rng.choice(len(makers), p=shares))]
    return made.__name__, made(rng)
