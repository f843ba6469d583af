# SPDX-License-Identifier: AGPL-3.0-or-later
"""EU bands of a plate: stars and country letters at the left, year and province at the right."""

import numpy as np

from anpr.drawing.canvas import Canvas
from anpr.drawing.kinds import WHITE, YELLOW, Band, Colour, PlateKind
from anpr.drawing.style import PlateStyle

_WEATHERED: Colour = (206, 136, 28)


def draw_bands(canvas: Canvas, kind: PlateKind, style: PlateStyle) -> None:
    """Draw both bands of `kind`, where it has them."""
    height = kind.height * kind.band_share
    if kind.left is not None:
        _draw_left(canvas, kind.left, 0.0, height, style)
    if kind.right is not None:
        _draw_right(canvas, kind.right, kind.width - kind.right.width, height, style)


def _faded(colour: Colour, style: PlateStyle) -> Colour:
    """The band's colour between new and weathered, as measured on real plates."""
    blue, green, red = (round(a + (b - a) * style.band) for a, b in zip(colour, _WEATHERED, strict=True))
    return blue, green, red


def _draw_left(canvas: Canvas, band: Band, x: float, height: float, style: PlateStyle) -> None:
    canvas.rectangle((x, 0, band.width, height), _faded(band.colour, style))
    middle, ring = x + band.width / 2, min(band.width * 0.32, height * 0.18)
    if band.stars:
        for angle in np.arange(12) * np.pi / 6:
            canvas.disc(middle + ring * np.sin(angle), height * 0.29 - ring * np.cos(angle), ring * 0.13, YELLOW)
    _label(canvas, band.label, middle, height, band.width)


def _label(canvas: Canvas, label: str, middle: float, height: float, width: float) -> None:
    """Country letters, centred on `middle` mm in the lower part of the band."""
    if not label:
        return
    tall = min(height * 0.26, width * 0.62)
    each = min(tall * 0.62, width * 0.8 / len(label))
    if label == "I":  # a plain bar, taller and heavier than letters of other countries
        canvas.rectangle((middle - width * 0.11, height * 0.52, width * 0.22, height * 0.36), WHITE)
        return
    wide = each * len(label) * 1.1
    canvas.words(label, (middle - wide / 2, height * 0.62, wide, tall), tall * 0.18, WHITE)


def _draw_right(canvas: Canvas, band: Band, x: float, height: float, style: PlateStyle) -> None:
    canvas.rectangle((x, 0, band.width, height), _faded(band.colour, style))
    if not band.year:
        return
    middle, ring = x + band.width / 2, min(band.width * 0.36, height * 0.2)
    canvas.disc(middle, height * 0.27, ring, YELLOW, line=1.4)
    if style.year:
        side = ring * 1.1
        canvas.words(style.year, (middle - side / 2, height * 0.27 - side * 0.45, side, side * 0.9), 1.8, YELLOW)
    if style.province:
        wide, tall = band.width * 0.86, height * 0.32
        canvas.words(style.province, (middle - wide / 2, height * 0.6, wide, tall), tall * 0.16, WHITE)
