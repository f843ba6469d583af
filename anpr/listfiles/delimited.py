# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delimited text (CSV) as a table: separator by `sep=` or by the header, quotes by the rule of RFC 4180."""

import csv
import io
import itertools
from collections.abc import Iterator

from anpr.listfiles.columns import known_headers
from anpr.listfiles.table import MAX_CELL, MAX_COLUMNS, MAX_ROWS, FileError, FileFault, Format, Row, Table
from anpr.listfiles.text import encoding_of

SEPARATORS = (";", ",", "\t", "|")
_SAMPLE = 12
"""Lines by which the separator is found."""
_SAMPLE_CHARACTERS = 65_536


def read_delimited(name: str, content: bytes, encoding: str = "") -> Table:
    """The table; blank rows are in it. Raises InputError when it is no text."""
    encoding = encoding_of(name, content, encoding)
    sample = list(itertools.islice(_lines(content, encoding), _SAMPLE))
    declared = _declared(sample[0]) if sample else None
    separator = declared or _separator(sample)
    rows = _rows(name, content, encoding, separator, 1 if declared else 0)
    return Table(format=Format.CSV, encoding=encoding, separator=separator, rows=rows)


def _lines(content: bytes, encoding: str) -> Iterator[str]:
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as text:
        while line := text.readline(_SAMPLE_CHARACTERS):
            yield line


def _declared(line: str) -> str | None:
    """The separator of a first line `sep=;`, which Excel writes and obeys."""
    line = line.strip("\r\n").strip('"')
    return line[4] if line.lower().startswith("sep=") and len(line) == 5 else None


def _separator(sample: list[str]) -> str:
    """The one that shows most headers that are known; then the one that makes most cells."""
    return max(SEPARATORS, key=lambda separator: _score(sample, separator))


def _score(sample: list[str], separator: str) -> tuple[int, int]:
    rows = [line.strip("\r\n").split(separator) for line in sample]
    known = max((known_headers([cell.strip('" ') for cell in row]) for row in rows), default=0)
    return known, sum(len(row) for row in rows)


def _rows(name: str, content: bytes, encoding: str, separator: str, skip: int) -> Iterator[Row]:
    number = 0
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as text:
        try:
            for number, cells in enumerate(csv.reader(text, delimiter=separator, strict=True), start=1):
                if number > skip:
                    _refuse_size(name, number, cells)
                    yield number, [cell.strip() for cell in cells]
        except csv.Error as exc:
            detail = f"{name}: row {number + 1}: {exc}; the rows below cannot be told apart"
            raise FileError(FileFault.BROKEN_ROWS, detail, number + 1) from exc


def _refuse_size(name: str, number: int, cells: list[str]) -> None:
    if number > MAX_ROWS:
        raise FileError(FileFault.TOO_MUCH, f"{name}: more than {MAX_ROWS} rows")
    if len(cells) > MAX_COLUMNS:
        detail = f"{name}: row {number}: {len(cells)} columns; at most {MAX_COLUMNS} are read"
        raise FileError(FileFault.TOO_MUCH, detail, number)
    if any(len(cell) > MAX_CELL for cell in cells):
        detail = f"{name}: row {number}: a cell of more than {MAX_CELL} characters"
        raise FileError(FileFault.TOO_MUCH, detail, number)
