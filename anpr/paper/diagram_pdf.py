# SPDX-License-Identifier: AGPL-3.0-or-later
"""A diagram's boxes and arrows as a drawing for the PDF."""

from math import atan2, cos, pi, sin

from reportlab.graphics.shapes import Drawing, Line, Polygon, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm

from anpr.paper.blocks import Arrow, Box, Diagram

_INK = HexColor("#17324d")
_FILL = HexColor("#eef3f7")
_SIZE = 7.5
_LEADING = 9.5
_HEAD = 2 * mm


def drawn(block: Diagram) -> Drawing:
    """180 mm wide; y grows downwards in the model and upwards here."""
    drawing = Drawing(180 * mm, block.height * mm)
    for box in block.boxes:
        _add_box(drawing, box, block.height)
    for arrow in block.arrows:
        _add_arrow(drawing, arrow, block.height)
    return drawing


def _add_box(drawing: Drawing, box: Box, height: float) -> None:
    left, bottom = box.x * mm, (height - box.y - box.height) * mm
    drawing.add(Rect(left, bottom, box.width * mm, box.height * mm, fillColor=_FILL, strokeColor=_INK))
    middle, first = left + box.width * mm / 2, bottom + box.height * mm - 4.2 * mm
    for number, line in enumerate(box.lines):
        font = "Vera" if number else "VeraBd"
        at = first - number * _LEADING
        drawing.add(String(middle, at, line, textAnchor="middle", fontName=font, fontSize=_SIZE, fillColor=_INK))


def _add_arrow(drawing: Drawing, arrow: Arrow, height: float) -> None:
    (x1, y1), (x2, y2) = ((x * mm, (height - y) * mm) for x, y in (arrow.start, arrow.end))
    drawing.add(Line(x1, y1, x2, y2, strokeColor=_INK, strokeWidth=1))
    angle = atan2(y2 - y1, x2 - x1)
    points = [x2, y2]
    for turn in (pi - 0.4, pi + 0.4):
        points += [x2 + _HEAD * cos(angle + turn), y2 + _HEAD * sin(angle + turn)]
    drawing.add(Polygon(points, fillColor=_INK, strokeColor=_INK))
    beside = (x1 + x2) / 2 + (1.5 * mm if x1 == x2 else 0)
    anchor = "start" if x1 == x2 else "middle"
    above = (y1 + y2) / 2 + (0 if x1 == x2 else 1.2 * mm)
    drawing.add(String(beside, above, arrow.label, textAnchor=anchor, fontName="Vera", fontSize=6.5, fillColor=_INK))
