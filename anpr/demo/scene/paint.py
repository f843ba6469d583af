# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawing primitives: shapes, gradients and grain on images."""

from collections.abc import Sequence

import cv2
import numpy as np

from anpr.demo.scene.face import Cover, Image

Colour = tuple[int, int, int]
"""Blue, green, red."""
Point = tuple[float, float]

_SUBPIXEL = 4


def blank(width: int, height: int, colour: Colour) -> Image:
    """An image of one colour; size in px."""
    return np.full((height, width, 3), colour, np.uint8)


def polygon(image: Image, points: Sequence[Point], colour: Colour) -> None:
    """Filled; px."""
    cv2.fillPoly(image, [np.rint(np.array(points) * (1 << _SUBPIXEL)).astype(np.int32)], colour, cv2.LINE_AA, _SUBPIXEL)


def box(image: Image, corner: Point, size: Point, colour: Colour) -> None:
    """A filled upright rectangle from its top left corner; px."""
    (x, y), (w, h) = corner, size
    polygon(image, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], colour)


def disc(image: Image, centre: Point, radii: Point, colour: Colour) -> None:
    """A filled ellipse; px."""
    scale = 1 << _SUBPIXEL
    middle = (round(centre[0] * scale), round(centre[1] * scale))
    axes = (round(radii[0] * scale), round(radii[1] * scale))
    cv2.ellipse(image, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, _SUBPIXEL)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` 0 is `one`, 1 is `other`."""
    b, g, r = (round(a + (c - a) * share) for a, c in zip(one, other, strict=True))
    return b, g, r


def shaded(colour: Colour, factor: float) -> Colour:
    """Darker below 1, brighter above."""
    b, g, r = (int(np.clip(c * factor, 0, 255)) for c in colour)
    return b, g, r


def gradient(image: Image, top: float, bottom: float) -> Image:
    """The image with its brightness multiplied, from `top` at the upper edge to `bottom` at the lower."""
    ramp = np.linspace(top, bottom, image.shape[0])[:, None, None]
    return np.clip(image * ramp, 0, 255).astype(np.uint8)


def grain(image: Image, rng: np.random.Generator, sigma: float, size: int = 1) -> Image:
    """The image with noise of `sigma` grey levels in spots of `size` px, the same in all channels."""
    height, width = image.shape[:2]
    spots = rng.normal(0, sigma, (height // size + 1, width // size + 1)).astype(np.float32)
    noise = cv2.resize(spots, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(image + noise[..., None], 0, 255).astype(np.uint8)


def rounded(width: int, height: int, radius: float) -> Cover:
    """A cover that clips the corners."""
    mask = np.zeros((height, width), np.uint8)
    r = int(min(radius, width / 2 - 1, height / 2 - 1))
    cv2.rectangle(mask, (r, 0), (width - 1 - r, height - 1), 255, -1)
    cv2.rectangle(mask, (0, r), (width - 1, height - 1 - r), 255, -1)
    for x in (r, width - 1 - r):
        for y in (r, height - 1 - r):
            cv2.circle(mask, (x, y), r, 255, -1, cv2.LINE_AA)
    return np.asarray(mask / 255, np.float32)
