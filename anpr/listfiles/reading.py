# SPDX-License-Identifier: AGPL-3.0-or-later
"""Parser of list files: all rows of a file become entries, rejects or warnings; one wrong row hides no other."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from itertools import islice
from pathlib import Path

from anpr.domain.errors import InputError
from anpr.domain.list_delivery import Delivery, DeliveryKind
from anpr.domain.partial_plate import is_partial
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.listfiles.cells import CellError, Fault, Notice, Reject, Warned, read_plate, read_reason, read_validity
from anpr.listfiles.columns import ABSENT, Column, Columns, columns_of
from anpr.listfiles.delimited import read_delimited
from anpr.listfiles.format import format_of
from anpr.listfiles.profiles.delivery_facts import read_delivery
from anpr.listfiles.profiles.fixed_width import read_fixed_width
from anpr.listfiles.profiles.profile import FixedWidth, ListProfile, TableFile, Xml, load_list_profile
from anpr.listfiles.profiles.xml_records import looks_like_xml, read_xml
from anpr.listfiles.spreadsheet import read_spreadsheet
from anpr.listfiles.table import MAX_BYTES, FileError, FileFault, Format, Row, Table
from anpr.store.watchlists.entries import NewEntry

MAX_REJECTS = 100_000
"""With more wrong rows than this it is another file than was thought, and reading it ends."""
MAX_WARNINGS = 10_000
"""Told one by one; those beyond are counted."""
_HEADER_WITHIN = 20
"""Rows in which the header is looked for: above it there may be a title, an office, a date."""
_SHOWN = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class HowToRead:
    """What the file does not say by itself. It can be remembered for all files of a source."""

    columns: Mapping[Column, str] = field(default_factory=dict)
    """By column, the header or number (from 1) under which the file has it."""
    sheet: str = ""
    """The sheet's name; the first one without it."""
    reason: str = ""
    """For rows that give none."""
    encoding: str = ""
    """Of a text file; what it seems to be without it."""
    profile: str = ""
    """Name of the profile of a file of fixed width or XML; without it the file is a table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstRows:
    """The first rows of a file that hold anything, and what kind of file it is. Of `sheets` the first is read."""

    format: Format
    encoding: str | None
    sheet: str | None
    sheets: list[str]
    rows: list[Row]


@dataclass(kw_only=True, slots=True)
class ListFile:
    """What a file came to. `entries` in the file's order, no two with the same plate and validity."""

    name: str
    sha256: str
    format: Format
    encoding: str | None
    separator: str | None
    sheet: str | None
    columns: dict[str, str] = field(default_factory=dict)
    """By column, the header under which it was found, or `column N`."""
    rows: int = 0
    """Rows below the header that hold anything."""
    entries: list[NewEntry] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    partial: int = 0
    """Entries whose plate is a partial one."""
    noticed: Counter[Notice] = field(default_factory=Counter)
    """How often each was noticed; `warnings` holds the first ones."""
    delivery: Delivery = field(default_factory=Delivery)
    """What it says of itself, where its profile says where."""
    removals: list[NewEntry] = field(default_factory=list)
    """Of a file of changes: what goes. Without validity: whatever the list has of the plate."""
    replaced: set[str] = field(default_factory=set)
    """Plates of which the list keeps nothing but what the file has."""

    @property
    def is_delta(self) -> bool:
        """Whether it holds changes, and not the list."""
        return self.delivery.kind is DeliveryKind.DELTA

    def warn(self, notice: Notice, detail: str, row: int | None = None, names: str = "") -> None:
        """Note something to look at."""
        self.noticed[notice] += 1
        if len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(Warned(row=row, notice=notice, detail=detail, names=names))

    def describe(self) -> str:
        """Format, encoding and the like in a few words."""
        parts = [self.format.upper(), self.encoding or "", f"sheet {self.sheet}" if self.sheet else ""]
        return ", ".join(part for part in parts if part)


def read_bytes(path: Path) -> bytes:
    """Raises InputError when the file cannot be read, or is larger than any list."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def read_list_file(name: str, content: bytes, zone: tzinfo, how: HowToRead | None = None) -> ListFile:
    """All that the file says. `name` is for messages; times without an offset are local time in `zone`.

    Raises InputError when it is no table, has no column of plates, or goes beyond a limit; what is wrong with single
    rows is in `rejects`.
    """
    how = how or HowToRead()
    profile = load_list_profile(how.profile) if how.profile else None
    if profile is not None:
        how = _told_by(profile, how)
    table = _table(name, content, how, profile)
    read = ListFile(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        format=table.format,
        encoding=table.encoding,
        separator=table.separator,
        sheet=table.sheet,
    )
    if table.other_sheets:
        read.warn(Notice.OTHER_SHEETS, f"sheet {table.sheet} is read; not read: {', '.join(table.other_sheets)}")
    if profile is None:
        _Reader(read, zone, how).run(table)
        return read
    told = read_delivery(name, content, profile, zone, how.encoding)
    read.delivery = told.delivery
    operations = profile.delivery.operations if profile.delivery else None
    _Reader(read, zone, how, operations.by_text if operations else {}).run(table)
    if told.count is not None and told.count != read.rows:
        detail = f"{name}: it should have {told.count} records, and has {read.rows}: it is not whole"
        raise FileError(FileFault.INCOMPLETE, detail)
    return read


def write_rejects(path: Path, rejects: list[Reject]) -> None:
    """A CSV file with all of them, as a spreadsheet in Italy opens it. Raises InputError when it cannot be written."""
    try:
        path.write_bytes(rejects_csv(rejects))
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def rejects_csv(rejects: list[Reject]) -> bytes:
    """All of them as a spreadsheet in Italy opens it; no cell of it is calculated there."""
    cells = ((each.row, as_text(each.column), each.fault, as_text(each.detail), as_text(each.text)) for each in rejects)
    return csv_bytes([("row", "column", "fault", "detail", "text"), *cells])


def first_rows(name: str, content: bytes, how: HowToRead, limit: int) -> FirstRows:
    """What the file begins with, before anything of it is understood. Raises InputError as `read_list_file`."""
    table = _table(name, content, how, load_list_profile(how.profile) if how.profile else None)
    rows = list(islice(((number, cells) for number, cells in table.rows if any(cells)), limit))
    sheets = [table.sheet, *table.other_sheets] if table.sheet else []
    return FirstRows(format=table.format, encoding=table.encoding, sheet=table.sheet, sheets=sheets, rows=rows)


def _table(name: str, content: bytes, how: HowToRead, profile: ListProfile | None) -> Table:
    if profile is not None and not isinstance(profile.encoding, TableFile):
        return _profiled(name, content, profile, how.encoding)
    if looks_like_xml(content):
        raise FileError(FileFault.NEEDS_PROFILE, f"{name}: XML, which is read by a profile; name it with --profile")
    form = format_of(name, content)
    if form is not Format.CSV:
        return read_spreadsheet(name, content, form, how.sheet)
    if how.sheet:
        raise FileError(FileFault.NO_SHEET, f"{name}: a text file has no sheet {how.sheet!r}")
    return read_delimited(name, content, how.encoding)


def _told_by(profile: ListProfile, how: HowToRead) -> HowToRead:
    """The profile says where the columns are."""
    if not isinstance(profile.encoding, TableFile):
        has_operation = any(each.column is Column.OPERATION for each in profile.fields)
        return replace(how, columns={Column.OPERATION: str(Column.OPERATION)} if has_operation else {}, sheet="")
    columns: dict[Column, str] = {Column.REASON: ABSENT, Column.VALID_FROM: ABSENT, Column.VALID_TO: ABSENT}
    columns |= {each.column: each.header or "" for each in profile.fields}
    return replace(
        how, columns=columns, sheet=profile.encoding.sheet, encoding=how.encoding or profile.encoding.charset
    )


def _profiled(name: str, content: bytes, profile: ListProfile, encoding: str) -> Table:
    if isinstance(profile.encoding, Xml):
        return read_xml(name, content, profile, profile.encoding, encoding)
    assert isinstance(profile.encoding, FixedWidth)
    return read_fixed_width(name, content, profile, profile.encoding, encoding)


class _Reader:
    """Goes through the rows once."""

    def __init__(
        self, read: ListFile, zone: tzinfo, how: HowToRead, operations: Mapping[str, str] | None = None
    ) -> None:
        self._read = read
        self._operations = operations
        self._done: dict[tuple[str, datetime | None, datetime | None], str] = {}
        self._zone = zone
        self._how = how
        self._seen: dict[tuple[str, datetime | None, datetime | None], tuple[int, str]] = {}
        self._reasons: dict[str, str] = {}  # a reason that a million rows share is one text in memory

    def run(self, table: Table) -> None:
        columns: Columns | None = None
        above: list[Row] = []
        for number, cells in table.rows:
            if not any(cells):
                continue
            if columns is None:
                columns = columns_of(cells, self._how.columns)
                self._begin(columns, (number, cells), above)
                continue
            self._add(columns, number, cells)
        if columns is None:
            raise self._no_plates(above)
        if partial := self._read.partial:
            self._read.warn(
                Notice.PARTIAL_PLATES, f"{partial} partial plates (* or ?), which match more than one vehicle"
            )

    def _begin(self, columns: Columns | None, row: Row, above: list[Row]) -> None:
        if columns is None:
            above.append(row)
            if len(above) >= _HEADER_WITHIN:
                raise self._no_plates(above)
            return
        read = self._read
        read.columns = {str(column): columns.name_of(column) if columns.headers else f"column {place + 1}"
                        for column, place in columns.places.items()}  # fmt: skip
        if above:
            read.warn(Notice.ABOVE_HEADER, f"the header is row {row[0]}; the rows above it are not read")
        if columns.unused:
            names = ", ".join(columns.unused)[:300]
            read.warn(Notice.UNUSED_COLUMNS, f"columns that are not read: {names}", names=names)
        if not columns.headers:
            self._add(columns, *row)

    def _no_plates(self, above: list[Row]) -> FileError:
        if not above:
            return FileError(FileFault.NO_ROWS, f"{self._read.name}: the file holds no rows")
        number, cells = above[0]
        found = ", ".join(cells)[:_SHOWN]
        wanted = ", ".join(f"{column}={place}" for column, place in self._how.columns.items())
        sought = f" for {wanted}" if wanted else ""
        detail = (
            f"{self._read.name}: row {number}: no column of plates in {found!r}{sought};"
            " name it with --column plate=HEADER or --column plate=NUMBER"
        )
        return FileError(FileFault.NO_PLATES, detail, number)

    def _add(self, columns: Columns, number: int, cells: list[str]) -> None:
        self._read.rows += 1
        try:
            self._take(columns, number, cells)
        except CellError as exc:
            place = columns.places.get(exc.column, -1)
            text = cells[place] if 0 <= place < len(cells) else ""
            self._reject(number, columns.name_of(exc.column), exc.fault, str(exc), text)

    def _reject(self, number: int, column: str, fault: Fault, detail: str, text: str) -> None:
        rejects = self._read.rejects
        rejects.append(Reject(row=number, column=column, fault=fault, detail=detail, text=text[:_SHOWN]))
        if len(rejects) > MAX_REJECTS:
            detail = f"{self._read.name}: more than {MAX_REJECTS} wrong rows; the first: {rejects[0]}"
            raise FileError(FileFault.TOO_MANY_WRONG, detail, rejects[0].row)

    def _take(self, columns: Columns, number: int, cells: list[str]) -> None:
        if columns.headers and any(cells[len(columns.headers) :]):
            detail = f"{len(cells)} cells in a row, and {len(columns.headers)} headers"
            self._reject(number, "-", Fault.CELLS, detail, ", ".join(cells))
            return
        text = {column: cells[place] if place < len(cells) else "" for column, place in columns.places.items()}
        plate, foreign = read_plate(text[Column.PLATE])
        operation = self._operation(text.get(Column.OPERATION, ""))
        reason = self._reason(text, operation)
        starts, ends = text.get(Column.VALID_FROM, ""), text.get(Column.VALID_TO, "")
        valid_from, valid_to = read_validity(starts, ends, self._zone)
        if foreign:
            self._read.warn(Notice.FOREIGN_LETTERS, f"letters of another alphabet were taken as {plate}", number)
        key = (plate, valid_from, valid_to)
        if self._operations and self._done.setdefault(key, operation) != operation:
            raise CellError(Column.OPERATION, Fault.OPERATION, "another row does something else with the same entry")
        first = self._seen.setdefault(key, (number, reason))
        if first[0] != number:
            self._warn_twice(number, plate, reason, first)
            return
        self._keep(NewEntry(plate=plate, reason=reason, valid_from=valid_from, valid_to=valid_to), operation)

    def _operation(self, text: str) -> str:
        """`add` where there are none. Raises CellError."""
        if not self._operations:
            return "add"
        operation = self._operations.get(text, "add" if not text and not self._read.is_delta else "")
        if not operation or (operation == "remove" and not self._read.is_delta):
            detail = f"{text[:_SHOWN]!r} is none of {', '.join(self._operations)}, or not in a whole list"
            raise CellError(Column.OPERATION, Fault.OPERATION, detail)
        return operation

    def _reason(self, text: Mapping[Column, str], operation: str) -> str:
        """What goes needs none."""
        cell = text.get(Column.REASON, "")
        reason = "" if operation == "remove" and not cell else read_reason(cell, self._how.reason)
        return self._reasons.setdefault(reason, reason)

    def _keep(self, entry: NewEntry, operation: str) -> None:
        if operation == "remove":
            self._read.removals.append(entry)
            return
        if operation == "change" and self._read.is_delta:
            self._read.replaced.add(entry.plate)
        self._read.partial += is_partial(entry.plate)
        self._read.entries.append(entry)

    def _warn_twice(self, number: int, plate: str, reason: str, first: tuple[int, str]) -> None:
        detail = f"{plate} with the same validity as in row {first[0]}, which is kept"
        self._read.warn(Notice.DUPLICATE, detail + ("" if reason == first[1] else ", with its reason"), number)
