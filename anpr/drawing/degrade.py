# SPDX-License-Identifier: AGPL-3.0-or-later
"""Image degradation as cameras cause it: blur, motion, night, glare, shadow, noise, few pixels, JPEG blocks.

Every step is a pure function of the image and its amount; `degrade` chooses steps at random.
All images are height × width × 3, 8 bits, blue green red.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Damage:
    """Chances, 0..1, of each thing going wrong in `degrade`."""

    blur: float = 0.35
    motion: float = 0.2
    night: float = 0.15
    infrared: float = 0.12
    glare: float = 0.08
    shadow: float = 0.2
    noise: float = 0.4
    coarse: float = 0.2
    blocks: float = 0.5


def degrade(image: Image, rng: np.random.Generator, damage: Damage | None = None) -> Image:
    """The image as a roadside camera might give it; the same `rng` state gives the same pixels."""
    chance = damage or Damage()
    out = image
    if rng.random() < chance.shadow:
        out = shadow(out, rng)
    out = _light(out, rng, chance)
    if rng.random() < chance.coarse:
        out = coarse(out, float(rng.uniform(0.4, 0.9)))
    if rng.random() < chance.motion:
        out = motion_blur(out, float(rng.uniform(2, 7)), float(rng.uniform(0, 180)))
    elif rng.random() < chance.blur:
        out = blur(out, float(rng.uniform(0.4, 1.6)))
    if rng.random() < chance.noise:
        out = noise(out, float(rng.uniform(2, 12)), rng)
    if rng.random() < chance.blocks:
        out = blocks(out, int(rng.integers(25, 85)))
    return out


def _light(image: Image, rng: np.random.Generator, chance: Damage) -> Image:
    """At most one kind of light: an image is not infrared and over-exposed at once."""
    dice = rng.random()
    if dice < chance.night:
        return night(image, float(rng.uniform(0.15, 0.5)))
    if dice < chance.night + chance.infrared:
        return infrared(image, float(rng.uniform(0.3, 1.0)))
    if dice < chance.night + chance.infrared + chance.glare:
        return glare(image, float(rng.uniform(1.3, 2.0)))
    return image


def night(image: Image, light: float) -> Image:
    """Dark with a warm street lamp; `light` 0..1 is what is left."""
    tint = np.array([0.75, 0.92, 1.0], np.float32) * light
    return np.clip(image * tint + 6, 0, 255).astype(np.uint8)


def infrared(image: Image, contrast: float) -> Image:
    """Grey, as under infrared light: what reflects (bright plates) shines, the rest sinks."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    curved = np.clip(grey ** (1 + contrast) * 1.25, 0, 1) * 255
    return cv2.cvtColor(curved.astype(np.uint8), cv2.COLOR_GRAY2BGR).astype(np.uint8)


def glare(image: Image, gain: float) -> Image:
    """Over-exposed by the factor `gain`."""
    return np.clip(image.astype(np.float32) * gain, 0, 255).astype(np.uint8)


def gamma(image: Image, power: float) -> Image:
    """Along a curve: `power` above 1 sinks the middle tones, below 1 it lifts them; black and white stay."""
    table = (255 * (np.arange(256) / 255) ** power).astype(np.uint8)
    return np.asarray(cv2.LUT(image, table), np.uint8)


def shadow(image: Image, rng: np.random.Generator) -> Image:
    """A hard shadow over one side of a random line."""
    height, width = image.shape[:2]
    x = rng.uniform(0.1, 0.9, 2) * width
    points = np.array([(0, 0), (x[0], 0), (x[1], height), (0, height)])
    cover = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(cover, np.rint(points).astype(np.int32), 1.0, cv2.LINE_AA)
    if rng.random() < 0.5:
        cover = 1 - cover
    depth = float(rng.uniform(0.3, 0.65))
    darker = image * (1 - cover[..., None] * depth)
    return np.asarray(np.rint(darker), np.uint8)


def blur(image: Image, sigma: float) -> Image:
    """Out of focus: a Gaussian with a standard deviation of `sigma` px."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def motion_blur(image: Image, length: float, degrees: float) -> Image:
    """Blurred along a line `length` px long at `degrees` from the horizontal."""
    size = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((size, size), np.float32)
    angle, middle = np.deg2rad(degrees), size // 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    ends = [(round((middle + s * reach[0]) * 16), round((middle + s * reach[1]) * 16)) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def noise(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    """Gaussian noise with a standard deviation of `sigma` grey levels."""
    grain = rng.normal(0, sigma, image.shape).astype(np.float32)
    grainy: Image = np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)
    return grainy


def coarse(image: Image, scale: float) -> Image:
    """Shrunk to `scale` (0..1) of its size and enlarged again: few pixels."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(2, round(width * scale)), max(2, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def blocks(image: Image, quality: int) -> Image:
    """Through JPEG at `quality` 1..100 and back."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
