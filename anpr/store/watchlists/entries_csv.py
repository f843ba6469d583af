# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlist files: CSV with the header `plate,reason,valid_from,valid_to`, as a spreadsheet exports it."""

import csv
import io
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from anpr.domain.errors import InputError
from anpr.domain.local_time import read_time
from anpr.domain.plate import normalise
from anpr.store.watchlists.entries import NewEntry

HEADER = ("plate", "reason", "valid_from", "valid_to")
MAX_BYTES = 256 * 1024 * 1024
_SEPARATORS = (",", ";", "\t")


def read_entries_csv(path: Path, zone: tzinfo = UTC) -> list[NewEntry]:
    """All entries of the file, in its order.

    UTF-8 with or without a byte order mark; separated by comma, semicolon or tab. Times are ISO 8601 or Italian
    (21/11/2026 08:30); one without an offset is local time in `zone`. A date alone is the whole day: valid_to includes
    it. valid_from and valid_to may be empty.
    Raises InputError naming file, row (the header is row 1) and column for the first thing that is wrong; two rows
    with the same plate and validity are wrong too.
    """
    text = _read_text(path)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(path, text), strict=True)
    entries: list[NewEntry] = []
    seen: dict[tuple[object, ...], int] = {}
    try:
        next(rows)  # the header, which has chosen the separator
        for number, cells in enumerate(rows, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            entry = _read_row(f"{path}: row {number}", cells, zone)
            first = seen.setdefault((entry.plate, entry.valid_from, entry.valid_to), number)
            if first != number:
                raise InputError(f"{path}: row {number}: plate: the same plate and validity as in row {first}")
            entries.append(entry)
    except csv.Error as exc:
        raise InputError(f"{path}: row {len(entries) + 2}: {exc}") from exc
    if not entries:
        raise InputError(f"{path}: no entries below the header")
    return entries


def _read_text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES // 1024 // 1024} MiB")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: not a UTF-8 text file (byte {exc.start + 1})") from exc


def _separator(path: Path, text: str) -> str:
    first = text.splitlines()[0] if text.strip() else ""
    for separator in _SEPARATORS:
        cells = [cell.strip().strip('"').lower() for cell in first.split(separator)]
        if tuple(cells) == HEADER:
            return separator
    raise InputError(f"{path}: row 1: expected the header {','.join(HEADER)}, found {first[:80]!r}")


def _read_row(where: str, cells: list[str], zone: tzinfo) -> NewEntry:
    if len(cells) != len(HEADER):
        raise InputError(f"{where}: expected {len(HEADER)} columns, found {len(cells)}")
    plate, reason, valid_from, valid_to = (cell.strip() for cell in cells)
    if not reason:
        raise InputError(f"{where}: reason: must not be empty")
    entry = NewEntry(
        plate=_plate(where, plate),
        reason=reason,
        valid_from=read_time(f"{where}: valid_from", valid_from, zone),
        valid_to=read_time(f"{where}: valid_to", valid_to, zone, is_end=True),
    )
    check_validity(f"{where}: valid_to", entry.valid_from, entry.valid_to)
    return entry


def _plate(where: str, text: str) -> str:
    try:
        return normalise(text)
    except ValueError as exc:
        raise InputError(f"{where}: plate: {exc}") from exc


def check_validity(where: str, valid_from: datetime | None, valid_to: datetime | None) -> None:
    """Raises InputError naming `where` when the end does not come after the start."""
    if valid_from and valid_to and valid_from >= valid_to:
        raise InputError(f"{where}: must be after the start of the validity")
