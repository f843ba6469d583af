# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fixed-width text as a table: each field at its place in a line, counted in characters."""

import io
from collections.abc import Iterator

from anpr.listfiles.columns import Column
from anpr.listfiles.profiles.profile import FixedWidth, ListProfile
from anpr.listfiles.table import MAX_CELL, MAX_ROWS, FileError, FileFault, Format, Row, Table
from anpr.listfiles.text import encoding_of


def read_fixed_width(name: str, content: bytes, profile: ListProfile, how: FixedWidth, told: str = "") -> Table:
    """The table, with a header of our own above it. Raises InputError when it is no text."""
    encoding = encoding_of(name, content, told or how.charset)
    return Table(format=Format.FIXED_WIDTH, encoding=encoding, rows=_rows(name, content, encoding, profile, how))


def _rows(name: str, content: bytes, encoding: str, profile: ListProfile, how: FixedWidth) -> Iterator[Row]:
    yield 0, [str(column) for column in Column]
    places = [((each.start or 1) - 1, (each.start or 1) - 1 + (each.length or 0)) for each in profile.fields]
    for number, line in enumerate(lines_of(name, content, encoding, how), start=1):
        if number > MAX_ROWS:
            raise FileError(FileFault.TOO_MUCH, f"{name}: more than {MAX_ROWS} rows")
        if line.strip() and (how.only is None or how.only.has(line)):
            yield number, profile.row(line[start:end] for start, end in places)


def lines_of(name: str, content: bytes, encoding: str, how: FixedWidth) -> Iterator[str]:
    """Lines, or records where the file has no line ends. Raises FileError for one that is too long."""
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding) as text:
        while line := text.read(how.record_length) if how.record_length else text.readline(MAX_CELL + 2):
            if len(line) > MAX_CELL + 1:
                raise FileError(FileFault.TOO_MUCH, f"{name}: a line of more than {MAX_CELL} characters")
            yield line.rstrip("\r\n")
