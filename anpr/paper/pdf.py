# SPDX-License-Identifier: AGPL-3.0-or-later
"""A document as a PDF of A4 pages (ReportLab), with the fonts that ReportLab carries embedded in it.

ReportLab is pure Python under a BSD licence and needs no library of the system; its Vera fonts hold every letter of
Italian, where the built-in fonts of PDF lack `≥` and are not embedded, which archives ask for.
"""

import io
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Image, SimpleDocTemplate, Spacer
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus import Paragraph as Text
from reportlab.platypus import Table as Grid

from anpr.paper.blocks import (
    Banner,
    Block,
    Diagram,
    Document,
    Facts,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Signatures,
    Table,
    Tone,
)
from anpr.paper.diagram_pdf import drawn

_MARGIN = 15 * mm
_PAGE_WIDTH = 22 * mm
"""Of the number of the page in the foot."""
_WIDTH = A4[0] - 2 * _MARGIN
_IMAGE = (0.48 * _WIDTH, 55 * mm)
"""Most width and height of an image."""
_INK = HexColor("#17324d")
_RULE = HexColor("#5a768a")
_TONES = {Tone.GOOD: HexColor("#00593b"), Tone.BAD: HexColor("#a80f2a"), Tone.OPEN: HexColor("#6b4a00")}

_BODY = ParagraphStyle("body", fontName="Vera", fontSize=9, leading=13, textColor=_INK, spaceAfter=2 * mm)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=7.5, leading=10, spaceAfter=0)
_STRONG = ParagraphStyle("strong", parent=_SMALL, fontName="VeraBd")
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="VeraBd", fontSize=17, leading=22)
_HEADING = ParagraphStyle(
    "heading", parent=_BODY, fontName="VeraBd", fontSize=11, leading=15, spaceBefore=5 * mm, keepWithNext=True
)
_LOOSE = ParagraphStyle("loose", parent=_HEADING, keepWithNext=False)
_WITH_HEADING = 50 * mm
"""So much of a table of text must find room below its heading; the whole of it may not fit on any page."""

_WHOLE = ("NOSPLIT", (0, 0), (-1, -1))
"""Keeps a table on one page. Unlike KeepTogether it lets the heading above stay with it."""
_GRID = [("GRID", (0, 0), (-1, -1), 0.5, _RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]


def as_pdf(document: Document) -> bytes:
    """A PDF file; images are in it."""
    for name in ("Vera", "VeraBd"):
        pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="VeraBd", italic="Vera", boldItalic="VeraBd")
    file = io.BytesIO()
    template = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN + 5 * mm,
        title=f"{document.title} – {document.subtitle}",
        author=document.subtitle,
        lang="it",
    )
    story: list[Flowable] = [_text(document.title, _TITLE), _text(document.subtitle, _BODY)]
    for block, after in zip_longest(document.blocks, document.blocks[1:]):
        if isinstance(block, Heading) and isinstance(after, Table) and after.widths:
            story += [CondPageBreak(_WITH_HEADING), _text(block.text, _LOOSE)]
        else:
            story += _LAYOUTS[type(block)](block)
    foot = partial(_draw_foot, document.footer)
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _draw_foot(text: str, canvas: Canvas, template: SimpleDocTemplate) -> None:
    canvas.setFont("Vera", 7)
    canvas.setFillColor(_INK)
    canvas.drawString(_MARGIN, 10 * mm, foot_within(text, A4[0] - 2 * _MARGIN - _PAGE_WIDTH))
    canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, f"pagina {template.page}")


def foot_within(text: str, width: float) -> str:
    """The text of a foot, cut in its middle where it is wider than `width` (points): both ends say something."""
    if stringWidth(text, "Vera", 7) <= width:
        return text
    cuts = (f"{text[:half]}…{text[-half:]}" for half in range(len(text) // 2, 0, -1))
    return next((cut for cut in cuts if stringWidth(cut, "Vera", 7) <= width), "")


def _text(text: str, style: ParagraphStyle) -> Text:
    return Text(escape(text).replace("\n", "<br/>"), style)


def _banner(block: Banner) -> Iterator[Flowable]:
    colour = _TONES[block.tone]
    style = ParagraphStyle("banner", parent=_HEADING, fontSize=13, leading=17, textColor=colour, spaceBefore=0)
    box = [("BOX", (0, 0), (-1, -1), 1.5, colour), ("PADDING", (0, 0), (-1, -1), 8)]
    yield Grid([[_text(block.text, style)]], colWidths=[_WIDTH], style=box, spaceAfter=3 * mm)


def _facts(block: Facts) -> Iterator[Flowable]:
    rows = [[_text(label, _STRONG), _text(value, _SMALL)] for label, value in block.rows]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP")]
    widths = [38 * mm, _WIDTH - 38 * mm]
    yield Grid(rows, colWidths=widths, style=style, splitInRow=_splits(rows, widths))


def _table(block: Table) -> Iterator[Flowable]:
    rows = [[_text(cell, _STRONG) for cell in block.header]]
    rows += [[_text(row[0], _STRONG), *(_text(cell, _SMALL) for cell in row[1:])] for row in block.rows]
    shares = block.widths or (1,) * len(block.header)
    widths = [_WIDTH * share / sum(shares) for share in shares]
    yield Grid(rows, colWidths=widths, style=_GRID, repeatRows=1, splitInRow=_splits(rows, widths))
    yield Spacer(1, 3 * mm)


def _splits(rows: list[list[Text]], widths: list[float]) -> int:
    """1 where a row is taller than a page has room for, and must be split; else 0, and rows stay whole."""
    cells = [(cell, width) for row in rows for cell, width in zip(row, widths, strict=True)]
    tallest = max((cell.wrap(width - 4 * mm, A4[1])[1] for cell, width in cells), default=0)
    return int(tallest > A4[1] - 2 * _MARGIN - 30 * mm)


def _figure(block: Figure) -> Iterator[Flowable]:
    caption = _text(block.caption, _SMALL)
    if not block.images:
        yield Grid([[caption]], colWidths=[_WIDTH], style=_GRID, spaceAfter=2 * mm)
        return
    images = [_image(data) for data in block.images]
    images += [""] * (2 - len(images))
    style = [
        ("BOX", (0, 0), (-1, -1), 0.5, _RULE),
        ("SPAN", (0, 1), (-1, 1)),
        _WHOLE,
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    grid = Grid([images, [caption, ""]], colWidths=[_WIDTH / 2] * 2, style=style, spaceAfter=2 * mm)
    yield grid


def _image(data: bytes) -> Image:
    width, height = ImageReader(io.BytesIO(data)).getSize()
    scale = min(_IMAGE[0] / width, _IMAGE[1] / height)
    return Image(io.BytesIO(data), width=width * scale, height=height * scale, hAlign="LEFT")


def _diagram(block: Diagram) -> Iterator[Flowable]:
    yield drawn(block)
    yield _text(block.caption, _SMALL)
    yield Spacer(1, 3 * mm)


def _signatures(block: Signatures) -> Iterator[Flowable]:
    style = [_WHOLE, ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, _INK)]
    width = _WIDTH / len(block.rows)
    boxes = [
        Grid([[_text(f"{role}\n{name}", _SMALL)]], colWidths=[width - 10 * mm], rowHeights=[28 * mm], style=style)
        for role, name in block.rows
    ]
    yield Spacer(1, 8 * mm)
    yield Grid([boxes], colWidths=[width] * len(boxes), style=[_WHOLE])


_LAYOUTS: dict[type[Block], Callable[..., Iterator[Flowable]]] = {
    Heading: lambda block: iter([_text(block.text, _HEADING)]),
    Paragraph: lambda block: iter([_text(block.text, _BODY)]),
    Banner: _banner,
    Facts: _facts,
    Table: _table,
    Figure: _figure,
    Signatures: _signatures,
    PageBreak: lambda _: iter([NewPage()]),
    Diagram: _diagram,
}
