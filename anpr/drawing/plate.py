# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate renderer: draws one plate of a kind in a style."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.domain.errors import InputError
from anpr.drawing.band import draw_bands
from anpr.drawing.canvas import Canvas
from anpr.drawing.grammar import Setting, random_text, set_out
from anpr.drawing.kinds import KINDS, PlateKind
from anpr.drawing.rows import draw_rows
from anpr.drawing.style import PlateStyle
from anpr.drawing.weathering import plate_rect, wear

Image = npt.NDArray[np.uint8]
"""Height × width × 3, blue green red."""


@dataclass(frozen=True, kw_only=True)
class DrawnPlate:
    """A drawn plate and what stands on it."""

    image: Image
    text: str
    """Letters and digits only, rows one after the other: AB123CD."""
    country: str
    kind: str
    lines: int
    rect: tuple[int, int, int, int]
    """x1, y1, x2, y2 px of the plate itself in `image`, without its frame."""


def draw_plate(
    kind: str, *, text: str | None = None, rng: np.random.Generator, style: PlateStyle | None = None
) -> DrawnPlate:
    """Draw a plate of `kind` (a key of `KINDS`), with `text` or a random one of that kind's grammar.

    The same kind, text, style and state of `rng` give the same pixels. Raises InputError for an
    unknown kind, and for a text that cannot stand on that kind of plate.
    """
    if kind not in KINDS:
        raise InputError(f"no plate kind {kind!r}; known kinds: {', '.join(sorted(KINDS))}")
    what = KINDS[kind]
    setting = _setting(what, text, rng)
    look = style or PlateStyle()
    image, rect = _paint(what, setting, look, rng)
    return DrawnPlate(
        image=image, text=setting.text, country=what.country, kind=kind, lines=len(setting.rows), rect=rect
    )


def _setting(kind: PlateKind, text: str | None, rng: np.random.Generator) -> Setting:
    if text is None:
        template = str(rng.choice(kind.templates))
        setting = set_out(random_text(template, rng), (template,))
    else:
        setting = set_out(text, kind.templates)
    if setting is None:
        raise InputError(f"the text {text!r} cannot stand on a plate of kind {kind.name}: {', '.join(kind.templates)}")
    return setting


def _paint(
    kind: PlateKind, setting: Setting, style: PlateStyle, rng: np.random.Generator
) -> tuple[Image, tuple[int, int, int, int]]:
    ground = tuple(round(c * style.tint) for c in kind.background)
    canvas = Canvas.blank(kind.width, kind.height, style.px_per_mm, (ground[0], ground[1], ground[2]))
    _draw_edges(canvas, kind)
    draw_bands(canvas, kind, style)
    draw_rows(canvas, kind, setting, style)
    return wear(canvas.image, style, rng), plate_rect(canvas.image, style)


def _draw_edges(canvas: Canvas, kind: PlateKind) -> None:
    if kind.border is not None:
        canvas.rectangle((1.5, 1.5, kind.width - 3, kind.height - 3), kind.border, line=2.5)
    if kind.lines is not None:
        for y in (3.0, 8.0, kind.height - 8.0, kind.height - 3.0):
            canvas.rectangle((0, y - 1.2, kind.width, 2.4), kind.lines)
    edge = tuple(int(c * 0.75) for c in kind.background)
    cv2.rectangle(canvas.image, (0, 0), (canvas.image.shape[1] - 1, canvas.image.shape[0] - 1), edge, 1)
