# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads `conta.csv` as spreadsheets save it; every error names file, row and column."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

from anpr.accept.count.sheet_rows import decoded, separator_of
from anpr.accept.count.vehicle import CountedVehicle, Lighting
from anpr.accept.count.words import COLUMNS, DAY, NIGHT, NO_VEHICLE, NOT_LEGIBLE, SIDES
from anpr.accept.folder.files import explained
from anpr.accept.folder.records import MotionEvent
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.domain.errors import InputError
from anpr.domain.plate import normalise

_NEEDED = ("data", "ora", "targa")
_SLACK = timedelta(seconds=5)
"""A row gives whole seconds, and the watch of a person is not the camera's."""
_MAX_BYTES = 16 * 1024 * 1024
_SIDES = {word[:1]: side for side, word in SIDES.items()}
_LIGHTS = {DAY[:1]: Lighting.DAY, NIGHT[:1]: Lighting.NIGHT}
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_ITALIAN_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")

_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True)
class Count:
    """What a person counted."""

    vehicles: tuple[CountedVehicle, ...]
    without_vehicle: int
    """Rows in which something moved and no vehicle passed."""


def read_count(workspace: Workspace) -> Count:
    """The count of the folder.

    Separated by semicolon, comma or tab; UTF-8 or Windows-1252; dates 2026-12-01 or 01/12/2026, times 8:00, 08:00:05.
    Raises InputError naming file, row (the header is row 1) and column for the first thing that is wrong, a row whose
    plate is still empty and a time in which nothing was recorded included.
    """
    path = workspace.count_path
    rows = _rows(path)
    reader = _RowReader(workspace, path)
    vehicles = [reader.vehicle(number, cells) for number, cells in rows]
    seen = tuple(vehicle for vehicle in vehicles if vehicle is not None)
    return Count(vehicles=seen, without_vehicle=len(vehicles) - len(seen))


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    with explained(path):
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path}: larger than {_MAX_BYTES // 1024 // 1024} MiB")
        data = path.read_bytes()
    try:
        text = decoded(data)
    except UnicodeDecodeError as exc:
        raise InputError(f"{path}: neither UTF-8 nor Windows-1252 text; save it as CSV") from exc
    first = text.splitlines()[0] if text.strip() else ""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(first), strict=True)
    try:
        header = [name.strip().lower() for name in next(lines, [])]
        _check_header(path, header)
        return [
            (number, _cells(path, number, header, cells))
            for number, cells in enumerate(lines, start=2)
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error as exc:
        raise InputError(f"{path}: row {lines.line_num}: {exc}") from exc


def _check_header(path: Path, header: Sequence[str]) -> None:
    for name in _NEEDED:
        if name not in header:
            raise InputError(f"{path}: row 1: no column {name!r}; the header is {';'.join(COLUMNS)}")
    for name in header:
        if name and name not in COLUMNS:
            raise InputError(f"{path}: row 1: column {name!r} is not one of {', '.join(COLUMNS)}")
        if name and header.count(name) > 1:
            raise InputError(f"{path}: row 1: column {name!r} is there twice")


def _cells(path: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise InputError(f"{path}: row {number}: {len(cells)} cells, and the header has {len(header)}")
    return dict.fromkeys(COLUMNS, "") | {name: cell.strip() for name, cell in zip(header, cells, strict=False)}


class _RowReader:
    """Turns cells into counted vehicles; knows what was recorded."""

    def __init__(self, workspace: Workspace, path: Path) -> None:
        self._path = path
        self._zone = workspace.zone
        self._side = workspace.site.side
        self._sessions: Sequence[RecordedSession] = workspace.sessions()
        self._events: Mapping[str, MotionEvent] = {
            event.label: event for session in self._sessions for event in session.read(MotionEvent)
        }

    def vehicle(self, row: int, cells: Mapping[str, str]) -> CountedVehicle | None:
        """None for a row without a vehicle. Raises InputError."""
        plate = cells["targa"]
        if plate == NO_VEHICLE:
            return None
        if not plate:
            raise self._error(
                row,
                "targa",
                f"is empty: write the plate, {NOT_LEGIBLE} if nobody can read it, {NO_VEHICLE} if no vehicle passed",
            )
        began, ended = self._times(row, cells)
        return CountedVehicle(
            row=row,
            began=began,
            ended=ended,
            plate=None if plate == NOT_LEGIBLE else self._plate(row, plate),
            side=self._word(row, "lato", cells["lato"], _SIDES) or self._side,
            light=self._word(row, "luce", cells["luce"], _LIGHTS),
            kind=cells["veicolo"].lower(),
            event=cells["evento"],
            note=cells["note"],
        )

    def _times(self, row: int, cells: Mapping[str, str]) -> tuple[datetime, datetime]:
        if label := cells["evento"]:
            event = self._events.get(label)
            if event is None:
                raise self._error(row, "evento", f"there is no motion event {label!r} in this folder")
            return event.began, event.ended
        local = datetime.combine(self._date(row, cells["data"]), self._time(row, cells["ora"]), self._zone)
        at = local.astimezone(UTC)
        if not any(session.state.began - _SLACK <= at <= session.state.until + _SLACK for session in self._sessions):
            raise self._error(row, "ora", f"nothing was recorded at {cells['data']} {cells['ora']}")
        return at, at

    def _date(self, row: int, text: str) -> date:
        try:
            if found := _ISO_DATE.fullmatch(text):
                return date(int(found[1]), int(found[2]), int(found[3]))
            if found := _ITALIAN_DATE.fullmatch(text):
                return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError as exc:
            raise self._error(row, "data", f"{text!r}: {exc}") from exc
        raise self._error(row, "data", f"{text!r} is not a date like 2026-12-01 or 01/12/2026")

    def _time(self, row: int, text: str) -> time:
        found = _TIME.fullmatch(text)
        if not found:
            raise self._error(row, "ora", f"{text!r} is not a time like 08:00:05")
        try:
            return time(int(found[1]), int(found[2]), int(found[3] or 0))
        except ValueError as exc:
            raise self._error(row, "ora", f"{text!r}: {exc}") from exc

    def _plate(self, row: int, text: str) -> str:
        try:
            return normalise(text)
        except ValueError as exc:
            raise self._error(row, "targa", str(exc)) from exc

    def _word(self, row: int, column: str, text: str, words: Mapping[str, _Value]) -> _Value | None:
        """By its first letter, so that `p` and `posteriore` are the same."""
        if not text:
            return None
        full = {"lato": tuple(SIDES.values()), "luce": (DAY, NIGHT)}[column]
        if not any(word.startswith(text.lower()) for word in full):
            raise self._error(row, column, f"{text!r} is not one of {', '.join(full)}")
        return words[text.lower()[0]]

    def _error(self, row: int, column: str, what: str) -> InputError:
        return InputError(f"{self._path}: row {row}: column {column}: {what}")
