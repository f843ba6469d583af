"""From a crop to what the network sees: jittered and worn as a camera would, cut into lines, fitted."""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image, read_image
from anpr.drawing import Damage, degrade, place_on, tilted_quad
from anpr.reader.recognise.bands import paint_bands
from anpr.reader.recognise.lines import split_lines
from scripts.training.recogniser.samples import Crop
from scripts.training.recogniser.shape import HEIGHT, WIDTH

Lines = npt.NDArray[np.uint8]
"""(lines, HEIGHT, WIDTH, 3) blue green red."""

_REAL_DAMAGE = Damage(blur=0.2, motion=0.1, night=0.05, infrared=0.1, glare=0.06, shadow=0.12, noise=0.25,
                      coarse=0.12, blocks=0.25)  # fmt: skip
"""Less than a drawn plate gets: the crop went through a camera already."""
_PAINTED = 0.8
"""Of the pictures have their bands painted over, as when read; the rest teach that a band is no letter."""
_FITTED = 0.2
"""Of the lines keep their proportions, as at the second look."""
_LEAST_WIDTH, _MOST_WIDTH = 56, 260
"""Of a drawn plate, px."""


def training_lines(crop: Crop, rng: np.random.Generator) -> Lines:
    """One more view of the crop; the same `rng` state gives the same pixels."""
    image = as_seen(crop, rng)
    if rng.random() < 0.5:
        image = _recoloured(image, rng)
    return _cut(image, crop.lines, bool(rng.random() < _PAINTED), bool(rng.random() < _FITTED))


def as_seen(crop: Crop, rng: np.random.Generator) -> Image:
    """The crop as another box of a detector, on another day, would give it; a drawn plate as a camera would."""
    image = read_image(crop.path)
    if crop.drawn:
        return degrade(_in_a_scene(image, rng), rng)
    return degrade(_jittered(image, crop.lines, rng), rng, _REAL_DAMAGE)


def plain_lines(crop: Crop) -> Lines:
    """The crop as it is."""
    return _cut(read_image(crop.path), crop.lines, True, False)


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


def _jittered(image: Image, lines: int, rng: np.random.Generator) -> Image:
    """The crop a little turned, sheared, and cut wider or closer, as boxes of a detector differ."""
    height, width = image.shape[:2]
    steepest = 3.0 if lines == 2 else 5.0
    angle = np.deg2rad(rng.normal(0, steepest / 2))
    shear = rng.normal(0, 0.08)
    turn = np.array([[np.cos(angle), -np.sin(angle) + shear], [np.sin(angle), np.cos(angle)]])
    left, right = rng.uniform(-0.02, 0.10, 2) * width
    top, bottom = rng.uniform(-0.03, 0.14, 2) * height
    size = (max(8, round(width + left + right)), max(8, round(height + top + bottom)))
    middle = np.array([width / 2, height / 2])
    shift = middle + np.array([left, top]) - turn @ middle
    matrix = np.column_stack([turn, shift]).astype(np.float32)
    return np.asarray(cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _in_a_scene(plate: Image, rng: np.random.Generator) -> Image:
    """A drawn plate on a piece of bodywork, tilted, at the size a camera sees it, cut with some margin."""
    width = float(np.exp(rng.uniform(np.log(_LEAST_WIDTH), np.log(_MOST_WIDTH))))
    height = width * plate.shape[0] / plate.shape[1]
    x, y = 0.15 * width, 0.3 * height
    quad = tilted_quad((x, y, x + width, y + height), rng, float(rng.uniform(0, 0.25)))
    scene = bodywork((max(8, round(width * 1.3)), max(8, round(height * 1.6))), rng)
    scene, (x1, y1, x2, y2) = place_on(scene, plate, quad)
    around = rng.uniform(-0.02, 0.12, 4) * [x2 - x1, y2 - y1, x2 - x1, y2 - y1]
    left, top = max(0, round(x1 - around[0])), max(0, round(y1 - around[1]))
    return scene[top : round(y2 + around[3]), left : round(x2 + around[2])]


def bodywork(size: tuple[int, int], rng: np.random.Generator) -> Image:
    """A smooth grey or coloured surface with an edge or two."""
    colour = rng.integers(10, 240) + rng.normal(0, 15, 3)
    scene = np.clip(np.full((size[1], size[0], 3), colour), 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(0, 4))):
        ends = rng.uniform(-0.2, 1.2, (2, 2)) * size
        shade = tuple(float(v) for v in np.clip(colour + rng.normal(0, 60), 0, 255))
        start, end = ((round(a), round(b)) for a, b in ends)
        cv2.line(scene, start, end, shade, int(rng.integers(1, max(2, size[1] // 5))), cv2.LINE_AA)
    return scene


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
