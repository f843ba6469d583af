# SPDX-License-Identifier: AGPL-3.0-or-later
"""Text layout of a plate: the position of every letter, gap and mark in its rows."""

from collections.abc import Iterator
from dataclasses import dataclass

from anpr.drawing.canvas import Canvas
from anpr.drawing.grammar import Setting
from anpr.drawing.kinds import Colour, PlateKind
from anpr.drawing.letters import WIDTHS
from anpr.drawing.style import PlateStyle

_GREY: Colour = (110, 110, 110)
_MARK_WIDTHS = {" ": 0.6, "*": 0.7, "=": 0.9, "-": 0.5}
"""Widths of the marks, in letter widths."""
_LETTER_GAP = 0.22
"""Between two letters, in letter widths."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One character or mark of a row, with its width in letter widths."""

    sign: str
    width: float
    first_run: bool


def draw_rows(canvas: Canvas, kind: PlateKind, setting: Setting, style: PlateStyle) -> None:
    """Draw every row of `setting` in its part of the plate, condensed where it would not fit."""
    count = len(setting.rows)
    caption = kind.height * 0.13 if kind.caption else 0.0
    row_height = (kind.height - caption) / count
    for index, row in enumerate(setting.rows):
        left, right = _free_span(kind, index)
        top = index * row_height + max(row_height - kind.letter_height, 0) / 2
        _draw_row(canvas, kind, list(_pieces(row, index == 0)), (left, top, right - left), style)
    if kind.caption:
        wide = min(kind.width * 0.5, len(kind.caption) * caption * 0.75)
        box = (kind.width / 2 - wide / 2, kind.height - caption * 1.15, wide, caption * 0.8)
        canvas.words(kind.caption, box, caption * 0.13, kind.caption_ink)


def _free_span(kind: PlateKind, row: int) -> tuple[float, float]:
    """Where a row may stand, mm from the left: between the bands as far down as these reach."""
    margin = kind.width * 0.015
    beside = row == 0 or kind.band_share == 1.0
    left = kind.left.width if kind.left is not None and beside else 0.0
    right = kind.right.width if kind.right is not None and beside else 0.0
    return left + margin, kind.width - right - margin


def _pieces(row: tuple[str, ...], first_row: bool) -> Iterator[Piece]:
    for index, part in enumerate(row):
        if part in _MARK_WIDTHS:
            yield Piece(sign=part, width=_MARK_WIDTHS[part], first_run=False)
            continue
        for character in part:
            yield Piece(sign=character, width=WIDTHS.get(character, 1.0), first_run=first_row and index == 0)


def _draw_row(
    canvas: Canvas, kind: PlateKind, pieces: list[Piece], span: tuple[float, float, float], style: PlateStyle
) -> None:
    """Draw `pieces` centred in `span` (left, top, width in mm)."""
    left, top, room = span
    gap = _LETTER_GAP * style.spacing
    total = sum(piece.width for piece in pieces) + gap * (len(pieces) - 1)
    unit = min(kind.letter_width * style.stretch, room * 0.97 / total)
    x = left + (room - total * unit) / 2
    weight = kind.weight * style.weight * min(1.0, unit / kind.letter_width + 0.15)
    for piece in pieces:
        ink = kind.accent if piece.first_run and kind.accent is not None else kind.ink
        box = (x, top, piece.width * unit, min(kind.letter_height, kind.height))
        if piece.sign in _MARK_WIDTHS:
            _draw_mark(canvas, piece.sign, box, weight, ink)
        else:
            canvas.letter(piece.sign, box, weight, ink, style.hand)
        x += (piece.width + gap) * unit


def _draw_mark(canvas: Canvas, sign: str, box: tuple[float, float, float, float], weight: float, ink: Colour) -> None:
    x, y, width, height = box
    middle, radius = x + width / 2, min(width * 0.32, height * 0.075)
    if sign == "-":
        canvas.rectangle((x, y + height / 2 - weight / 2, width, weight), ink)
    elif sign == "*":
        canvas.disc(middle, y + height * 0.5, radius, _GREY, line=1.2)
        canvas.disc(middle, y + height * 0.5, radius * 0.5, _GREY)
    elif sign == "=":
        canvas.disc(middle, y + height * 0.25, radius * 1.6, (60, 130, 60))
        canvas.disc(middle, y + height * 0.72, radius * 1.6, (150, 150, 170))
