# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hard negatives: burnt-in overlay text, road signs, grilles and posters that look like plates."""

from collections.abc import Iterable

import cv2
import numpy as np

from anpr.drawing.canvas import Canvas
from scripts.training.detector.scenes import Box, Image
from scripts.training.detector.vehicles import Colour, paint, rectangle

_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)
_PLACES = ("FIRENZE", "USCITA", "VIA ROMA", "STOP", "TAXI", "BAR", "CENTRO", "RUFINA", "ZONA 30", "P", "SS 67")


def distract(image: Image, rng: np.random.Generator, plates: Iterable[Box] = ()) -> Image:
    """A copy of the image with one to three such things in it, none of them over one of `plates`."""
    out = image.copy()
    steps = (_overlay, _sign, _grille)
    for index in rng.permutation(len(steps))[: int(rng.integers(1, 4))]:
        steps[index](out, rng)
    for x1, y1, x2, y2 in plates:
        part = (slice(max(0, int(y1) - 2), int(y2) + 3), slice(max(0, int(x1) - 2), int(x2) + 3))
        out[part] = image[part]
    return out


def _overlay(image: Image, rng: np.random.Generator) -> None:
    """The camera's name and clock in a corner, with or without a dark bar behind."""
    height, width = image.shape[:2]
    text = _overlay_text(rng)
    font, size = int(rng.choice(_FONTS)), float(rng.uniform(0.4, 1.1)) * width / 640
    thick = max(1, round(size * 1.6))
    (w, h), _ = cv2.getTextSize(text, font, size, thick)
    x = int(rng.choice([6, max(6, width - w - 8)]))
    y = int(rng.choice([h + 8, height - 10]))
    if rng.random() < 0.5:
        dark = bool(rng.random() < 0.5)
        cv2.rectangle(image, (x - 4, y - h - 5), (x + w + 4, y + 6), (0, 0, 0) if dark else (240, 240, 240), -1)
        ink: Colour = (255, 255, 255) if dark else (10, 10, 10)
    else:
        ink = tuple(rng.choice([(255, 255, 255), (0, 255, 255), (0, 0, 0), (0, 255, 0)]).tolist())
    cv2.putText(image, text, (x, y), font, size, ink, thick, cv2.LINE_AA)


def _overlay_text(rng: np.random.Generator) -> str:
    date = f"{rng.integers(2012, 2027)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}"
    clock = f"{rng.integers(24):02d}:{rng.integers(60):02d}:{rng.integers(60):02d}"
    camera = f"CAM{rng.integers(1, 40):02d}"
    lane = f"Varco {rng.integers(1, 20)} corsia {rng.integers(1, 4)}"
    return str(rng.choice([f"{camera} {date} {clock}", f"{date} {clock}", camera, clock, lane]))


def _sign(image: Image, rng: np.random.Generator) -> None:
    """A direction sign or a poster in the upper third: plate-like in shape, not in place or colour."""
    height, width = image.shape[:2]
    w = float(rng.uniform(0.08, 0.25)) * width
    h = w * float(rng.uniform(0.25, 0.6))
    x, y = float(rng.uniform(0, width - w)), float(rng.uniform(0, height / 3))
    ground = paint(rng, ((150, 80, 20), (60, 120, 20), (60, 200, 240), (40, 40, 180))[int(rng.integers(4))])
    rectangle(image, x, y, (w, h), ground)
    word = str(rng.choice(_PLACES))
    canvas = Canvas(image=image, px_per_mm=1.0)
    wide = min(w * 0.85, len(word) * h * 0.5)
    canvas.words(word, (x + (w - wide) / 2, y + h * 0.25, wide, h * 0.5), max(1.0, h * 0.07), (240, 240, 240))


def _grille(image: Image, rng: np.random.Generator) -> None:
    """Parallel bars: a grille, a drain, a fence."""
    height, width = image.shape[:2]
    w, bars = float(rng.uniform(0.06, 0.2)) * width, int(rng.integers(4, 10))
    h = w * float(rng.uniform(0.2, 0.6))
    x, y = float(rng.uniform(0, width - w)), float(rng.uniform(0, height - h))
    rectangle(image, x, y, (w, h), paint(rng, (40, 40, 40)))
    for step in np.arange(bars) / bars:
        if w > 3 * h:
            rectangle(image, x + step * w, y, (w / bars / 2, h), paint(rng, (170, 170, 170)))
        else:
            rectangle(image, x, y + step * h, (w, h / bars / 2), paint(rng, (170, 170, 170)))
