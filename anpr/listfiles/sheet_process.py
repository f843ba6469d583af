# SPDX-License-Identifier: AGPL-3.0-or-later
"""The process that unpacks a spreadsheet under resource limits: the file on its input, JSON lines on its output."""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    PasswordError,
    SheetVisibleEnum,
    WorksheetNotFound,
    load_workbook,
)

from anpr.listfiles.table import EXIT_REFUSED, MAX_CELL, MAX_COLUMNS, MAX_ROWS

MEMORY = 2 << 30
"""Bytes of address space; a sheet of a million rows and four columns takes about 600 MB."""
PROCESSOR_S = 120


def main(content: bytes, wanted: str) -> None:
    """Print the sheets, then each row with its number. Raises ValueError naming what is wrong."""
    names, sheet = _open(content, wanted)
    _refuse_size(sheet)
    _print({"sheet": sheet.name, "others": [name for name in names if name != sheet.name]})
    first = sheet.start[0] if sheet.start else 0
    before = sheet.start[1] if sheet.start else 0
    for number, cells in enumerate(sheet.to_python(skip_empty_area=True), start=first + 1):
        _print([number, [""] * before + [_text(cell) for cell in cells]])


def _open(content: bytes, wanted: str) -> tuple[list[str], CalamineSheet]:
    """The sheets that are not hidden, and the one of this name, or the first."""
    try:
        book = load_workbook(io.BytesIO(content))
    except PasswordError as exc:
        raise ValueError("it is protected by a password") from exc
    except CalamineError as exc:
        raise ValueError(f"a damaged spreadsheet ({exc})") from exc
    try:
        shown = [sheet.name for sheet in book.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
        names = shown or book.sheet_names
        if not names:
            raise ValueError("a spreadsheet without a sheet")
        return names, book.get_sheet_by_name(wanted or names[0])
    except WorksheetNotFound as exc:
        raise ValueError(f"no sheet {wanted!r}; it has {', '.join(book.sheet_names)[:200]}") from exc
    except CalamineError as exc:
        raise ValueError(f"a damaged spreadsheet ({exc})") from exc


def _refuse_size(sheet: CalamineSheet) -> None:
    if sheet.end is None:
        return
    rows, columns = sheet.end[0] + 1, sheet.end[1] + 1
    if rows > MAX_ROWS:
        raise ValueError(f"more than {MAX_ROWS} rows")
    if columns > MAX_COLUMNS:
        raise ValueError(f"{columns} columns; at most {MAX_COLUMNS} are read")


def _text(cell: Any) -> str:
    """As somebody would type it; a whole number without its decimals, a moment at midnight as a day alone."""
    if isinstance(cell, str):
        if len(cell) > MAX_CELL:
            raise ValueError(f"a cell of more than {MAX_CELL} characters")
        return cell.strip()
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.replace(microsecond=0).isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None or isinstance(cell, timedelta) else str(cell)


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_S, PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        main(sys.stdin.buffer.read(), sys.argv[1])
    except ValueError as exc:
        sys.stderr.write(f"{exc}\n")
        sys.exit(EXIT_REFUSED)
