# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data augmentation: from a crop to what the network sees: jittered, worn, cut into lines, fitted."""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image, read_image
from anpr.drawing import Damage, degrade
from anpr.drawing.degrade import blocks
from anpr.reader.recognise.bands import paint_bands
from anpr.reader.recognise.lines import split_lines
from scripts.training.recogniser.data.rectified import level, rectified, rectified_drawn
from scripts.training.recogniser.data.samples import Crop
from scripts.training.recogniser.shape import HEIGHT, WIDTH

Lines = npt.NDArray[np.uint8]
"""(lines, HEIGHT, WIDTH, 3) blue green red."""

_REAL_DAMAGE = Damage(blur=0.2, motion=0.12, night=0.06, infrared=0.1, glare=0.06, shadow=0.12, noise=0.3,
                      coarse=0.2, blocks=0.35)  # fmt: skip
"""Less than a drawn plate gets: the crop went through a camera already."""
_PAINTED = 0.12
"""Of the images have their bands painted over; the rest teach to read past a band."""
_FITTED = 0.12
"""Of the lines keep their proportions, as at the second look."""

_SHIFT = 0.01
"""Of the crop's sides, that a frame is cut off its place: 1.4 px of 140."""
_LIGHT = (0.8, 1.25)
_HALVED, _LEAST_HALVED = 0.25, 100
"""Share of the frames of half the size, where they are at least so wide, px."""
_THROUGH_JPEG = 0.3


def training_lines(crop: Crop, rng: np.random.Generator) -> Lines:
    """One more view of the crop; the same `rng` state gives the same pixels."""
    return training_pair(crop, rng)[0]


def training_pair(crop: Crop, rng: np.random.Generator) -> tuple[Lines, Lines]:
    """One more view of the crop, twice, as two frames of a camera would give it; for the consistency loss."""
    image = as_seen(crop, rng)
    if rng.random() < 0.5:
        image = _recoloured(image, rng)
    painted, fitted = bool(rng.random() < _PAINTED), bool(rng.random() < _FITTED)
    first, second = (_cut(next_frame(image, rng), crop.lines, painted, fitted) for _ in range(2))
    return first, second


def as_seen(crop: Crop, rng: np.random.Generator) -> Image:
    """The plate as another box or other corners, on another day, would give it; a drawn plate as a camera would."""
    image = read_image(crop.path)
    if crop.drawn:
        return degrade(rectified_drawn(image, rng), rng)
    return degrade(rectified(image, crop.corners, rng, crop.lines), rng, _REAL_DAMAGE)


def next_frame(image: Image, rng: np.random.Generator) -> Image:
    """The same plate cut a px or two otherwise, a little brighter or darker, in some cases smaller or through JPEG."""
    height, width = image.shape[:2]
    shift = rng.uniform(-_SHIFT, _SHIFT, 2) * [width, height]
    size = 1 + rng.uniform(-_SHIFT, _SHIFT, 2)
    move = np.array([[size[0], 0, shift[0]], [0, size[1], shift[1]]], np.float32)
    moved = cv2.warpAffine(image, move, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    made = np.clip(moved.astype(np.float32) * rng.uniform(*_LIGHT), 0, 255).astype(np.uint8)
    if rng.random() < _HALVED and min(width, height * 4) >= _LEAST_HALVED:
        made = np.asarray(cv2.resize(made, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    return blocks(made, int(rng.integers(50, 90))) if rng.random() < _THROUGH_JPEG else made


def plain_lines(crop: Crop) -> Lines:
    """The crop as it is."""
    return _cut(level(read_image(crop.path), crop.corners), crop.lines, False, False)


def _cut(image: Image, lines: int, painted: bool, fitted: bool) -> Lines:
    parts = split_lines(image) if lines == 2 else (image,)
    seen = [paint_bands(part).image if painted and row == 0 else part for row, part in enumerate(parts)]
    return np.stack([_fit(part) if fitted else _stretch(part, WIDTH) for part in seen])


def _stretch(line: Image, width: int) -> Image:
    how = cv2.INTER_CUBIC if line.shape[0] < HEIGHT else cv2.INTER_AREA
    return np.asarray(cv2.resize(line, (width, HEIGHT), interpolation=how), np.uint8)


def _fit(line: Image) -> Image:
    width = min(WIDTH, max(1, round(line.shape[1] * HEIGHT / line.shape[0])))
    canvas = np.full((HEIGHT, WIDTH, 3), 127, np.uint8)
    canvas[:, :width] = _stretch(line, width)
    return canvas


def _recoloured(image: Image, rng: np.random.Generator) -> Image:
    """Other light: grey, a cast, more or less contrast, or a dark plate with bright letters."""
    made = image.astype(np.float64)
    if rng.random() < 0.3:
        made = np.repeat(made.mean(2, keepdims=True), 3, 2)
    elif rng.random() < 0.5:
        made = made * rng.uniform(0.75, 1.25, 3)
    made = (made - 127) * rng.uniform(0.5, 1.3) + 127 + rng.uniform(-40, 40)
    if rng.random() < 0.06:
        made = 255 - made
    return np.clip(made, 0, 255).astype(np.uint8)
