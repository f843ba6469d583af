# SPDX-License-Identifier: AGPL-3.0-or-later
"""Document model: blocks of plain text, tables, images and diagrams, which HTML and PDF lay out each in its way."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a banner looks; its words say the same."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Banner:
    """The verdict, large."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a header; a cell's lines are separated by line feeds."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()
    """Widths of columns of text, relative to one another; empty: columns of figures, all of one width."""


@dataclass(frozen=True, slots=True)
class Figure:
    """JPEG images with a caption; `images` is empty when they are no longer kept."""

    caption: str
    images: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on: role and name; the name may be empty."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins on a page of its own."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a diagram, in millimetres from the left and the top; the first of its lines is its name."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A straight arrow with a word beside its middle; points in millimetres from the left and the top."""

    start: tuple[float, float]
    end: tuple[float, float]
    label: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """Boxes and arrows on a plane of 180 mm by `height` mm. `caption` says in words what they show."""

    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    caption: str


Block = Heading | Paragraph | Banner | Facts | Table | Figure | Signatures | PageBreak | Diagram


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A document."""

    title: str
    subtitle: str
    footer: str
    blocks: tuple[Block, ...]
