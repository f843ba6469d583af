# SPDX-License-Identifier: AGPL-3.0-or-later
"""Simple drawn vehicles in flat colours, seen from the front or from behind, with a place for a plate."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

_DARK: Colour = (38, 36, 36)
_SUBPIXEL = 4

PAINTS: tuple[Colour, ...] = (
    (235, 235, 235),
    (200, 202, 205),
    (120, 122, 125),
    (45, 45, 48),
    (20, 20, 22),
    (60, 40, 160),
    (130, 70, 30),
    (40, 110, 160),
    (80, 120, 70),
    (60, 160, 215),
)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a plate belongs on a drawn vehicle, px of the scene."""

    x: float
    y: float
    width: float
    """Width of a 520 mm plate there."""
    square: bool
    """Only a two-line plate fits."""


def paint(rng: np.random.Generator, base: Colour | None = None) -> Colour:
    """One of the common car colours, a little varied."""
    colour = np.array(base or PAINTS[int(rng.integers(len(PAINTS)))]) + rng.integers(-14, 15, 3)
    b, g, r = (int(v) for v in np.clip(colour, 4, 250))
    return b, g, r


def polygon(image: Image, points: list[tuple[float, float]], colour: Colour) -> None:
    """Fill a polygon given in px."""
    corners = np.rint(np.array(points) * (1 << _SUBPIXEL)).astype(np.int32)
    cv2.fillPoly(image, [corners], colour, cv2.LINE_AA, _SUBPIXEL)


def rectangle(image: Image, x: float, y: float, size: tuple[float, float], colour: Colour) -> None:
    """Fill an upright rectangle given by its corner and size in px."""
    w, h = size
    polygon(image, [(x, y), (x + w, y), (x + w, y + h), (x, y + h)], colour)


def draw_car(image: Image, x: float, y: float, width: float, rng: np.random.Generator) -> Spot:
    """A car or van `width` px wide whose wheels stand at height `y`, centred on `x`; returns its plate's place."""
    colour, shade = paint(rng), float(rng.uniform(0.55, 0.85))
    dark: Colour = tuple(int(c * shade) for c in colour)  # type: ignore[assignment]
    height = width * float(rng.uniform(0.72, 1.15))
    left, top, waist = x - width / 2, y - height, y - height * float(rng.uniform(0.52, 0.6))
    inset = width * float(rng.uniform(0.06, 0.16))
    rectangle(image, left + width * 0.03, y - height * 0.14, (width * 0.16, height * 0.14), _DARK)
    rectangle(image, left + width * 0.81, y - height * 0.14, (width * 0.16, height * 0.14), _DARK)
    polygon(image, [(left + inset, top), (left + width - inset, top), (left + width, waist), (left, waist)], colour)
    rectangle(image, left, waist, (width, y - height * 0.07 - waist), colour)
    glass = inset * 1.25
    polygon(
        image,
        [
            (left + glass, top + height * 0.04),
            (left + width - glass, top + height * 0.04),
            (left + width * 0.95, waist - height * 0.02),
            (left + width * 0.05, waist - height * 0.02),
        ],
        paint(rng, (90, 80, 70)),
    )
    _lamps(image, (left, waist, width, height), rng)
    rectangle(image, left, y - height * 0.24, (width, height * 0.16), dark if rng.random() < 0.7 else _DARK)
    if rng.random() < 0.5:
        _grille(image, x, waist + height * 0.08, (width * 0.44, height * 0.12))
    plate_y = y - height * float(rng.choice([0.17, 0.2, 0.3]))
    return Spot(x=x, y=plate_y, width=width * float(rng.uniform(0.27, 0.32)), square=False)


def _lamps(image: Image, car: tuple[float, float, float, float], rng: np.random.Generator) -> None:
    left, waist, width, height = car
    front = rng.random() < 0.5
    colour = paint(rng, (235, 245, 245) if front else (40, 35, 190))
    size = (width * float(rng.uniform(0.14, 0.22)), height * float(rng.uniform(0.08, 0.14)))
    for x in (left + width * 0.03, left + width * 0.97 - size[0]):
        rectangle(image, x, waist + height * 0.06, size, colour)


def _grille(image: Image, x: float, y: float, size: tuple[float, float]) -> None:
    width, height = size
    rectangle(image, x - width / 2, y, size, _DARK)
    for step in np.linspace(0.15, 0.85, 4):
        rectangle(image, x - width / 2, y + height * step, (width, max(1.0, height * 0.06)), (140, 140, 140))


def draw_motorcycle(image: Image, x: float, y: float, width: float, rng: np.random.Generator) -> Spot:
    """A motorcycle from behind, `width` px wide at the handlebars, with its rider."""
    colour, coat = paint(rng), paint(rng)
    rectangle(image, x - width * 0.1, y - width * 0.55, (width * 0.2, width * 0.55), _DARK)
    polygon(image, [(x - width * 0.25, y - width * 0.55), (x + width * 0.25, y - width * 0.55),
                    (x + width * 0.35, y - width * 1.1), (x - width * 0.35, y - width * 1.1)], colour)  # fmt: skip
    polygon(image, [(x - width * 0.3, y - width * 1.05), (x + width * 0.3, y - width * 1.05),
                    (x + width * 0.36, y - width * 1.7), (x - width * 0.36, y - width * 1.7)], coat)  # fmt: skip
    rectangle(image, x - width / 2, y - width * 1.15, (width, width * 0.06), _DARK)
    middle = (round(x * 16), round((y - width * 1.9) * 16))
    cv2.circle(image, middle, round(width * 0.24 * 16), paint(rng), -1, cv2.LINE_AA, _SUBPIXEL)
    rectangle(image, x - width * 0.12, y - width * 0.78, (width * 0.24, width * 0.1), (40, 35, 190))
    return Spot(x=x, y=y - width * 0.48, width=width * 0.9, square=True)
