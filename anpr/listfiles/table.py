# SPDX-License-Identifier: AGPL-3.0-or-later
"""A table read from a file: its rows as texts, one after the other, and what the file turned out to be."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from anpr.domain.errors import InputError

MAX_BYTES = 256 * 1024 * 1024
"""Of a text file; a list of a million entries has about 60 MB."""
MAX_ROWS = 2_000_000
MAX_COLUMNS = 256
MAX_CELL = 32_767
"""Characters; no spreadsheet takes more in a cell."""

EXIT_REFUSED = 3
"""Of the process that unpacks spreadsheets: the last line of its standard error says why."""


class FileFault(StrEnum):
    """Why a file cannot be read as a list at all."""

    NO_PLATES = "no-plates"
    """No column of it is known to hold plates."""
    NO_ROWS = "no-rows"
    BROKEN_ROWS = "broken-rows"
    """A quotation mark that does not end, mostly: rows cannot be told apart."""
    NO_TEXT = "no-text"
    """Neither a text nor a spreadsheet, or another encoding."""
    DAMAGED = "damaged"
    """A spreadsheet that cannot be opened."""
    PROTECTED = "protected"
    TOO_MUCH = "too-much"
    """More rows, columns, characters or bytes than are read."""
    NEEDS_PROFILE = "needs-profile"
    """XML, which only a profile tells how to read."""
    BROKEN_XML = "broken-xml"
    DOCTYPE = "doctype"
    """An XML document with a document type, which may define entities."""
    TOO_MANY_WRONG = "too-many-wrong"
    NO_SHEET = "no-sheet"
    """A sheet was named, and the file is a text."""
    BAD_PROFILE = "bad-profile"
    """The profile is missing, or is none."""
    NO_VERSION = "no-version"
    """By its profile it should say which version it is, or the like, and does not."""
    INCOMPLETE = "incomplete"
    """It says that it has another number of records, or another digest."""


class FileError(InputError):
    """A file that cannot be read as a list; `row` is the one that is meant, 0 where none is."""

    def __init__(self, fault: FileFault, detail: str, row: int = 0) -> None:
        super().__init__(detail)
        self.fault = fault
        self.row = row


Row = tuple[int, list[str]]
"""The number of the row as a spreadsheet counts it (from 1), and its cells without blanks around them."""


class Format(StrEnum):
    """What kind of file it is."""

    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"
    XLS = "xls"
    FIXED_WIDTH = "fixed-width"
    XML = "xml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """`rows` may be gone through once; going on may raise InputError."""

    format: Format
    rows: Iterator[Row]
    encoding: str | None = None
    """Of a text file, as Python names it: utf-8, utf-8-sig, utf-16, cp1252."""
    separator: str | None = None
    sheet: str | None = None
    other_sheets: list[str] = field(default_factory=list)
