# SPDX-License-Identifier: AGPL-3.0-or-later
"""Document model of the sheet: blocks of plain text, tables and images, which HTML and PDF lay out each in its way."""

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


@dataclass(frozen=True, slots=True)
class Figure:
    """JPEG images with a caption; `images` is empty when they are no longer kept."""

    caption: str
    images: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on: role and name; the name may be empty."""

    rows: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Banner | Facts | Table | Figure | Signatures


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A sheet."""

    title: str
    subtitle: str
    footer: str
    blocks: tuple[Block, ...]
