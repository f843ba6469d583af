# SPDX-License-Identifier: AGPL-3.0-or-later
"""Preview of an uploaded list: how its file is read, its first rows as understood, and what they would change."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from anpr.console.fields import has_controls
from anpr.console.state import Console
from anpr.domain.errors import InputError
from anpr.listfiles.columns import ABSENT, Column
from anpr.listfiles.importing import ImportOrder, preview_order, read_order
from anpr.listfiles.proposing import how_from_words
from anpr.listfiles.reading import FirstRows, ListFile, first_rows, rejects_csv
from anpr.listfiles.table import FileError, FileFault
from anpr.listfiles.text import ENCODINGS
from anpr.store.watchlists.entries import ImportMode, NewEntry
from anpr.store.watchlists.imports import Preview
from anpr.store.watchlists.uploads import Upload

FIRST = 20
"""Rows of a file, entries, wrong rows and warnings that the page shows."""
_EXAMPLES = 10
"""Of each kind of change."""
_MOST_COLUMNS = 40
"""Columns of a file that one can choose from."""
_SAMPLE = 8
_MOST_LABEL = 40


class HowFields(BaseModel):
    """The form of how a file is read. A column is a number (from 1), `-` where the file has none, or empty: as it is
    recognised."""

    plate: str = ""
    reason_column: str = ""
    valid_from: str = ""
    valid_to: str = ""
    sheet: str = ""
    encoding: str = ""
    profile: str = ""
    reason: str = ""
    mode: str = ImportMode.ADD.value
    skip: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ColumnChoice:
    """A column of the file: its number, and what stands in it first."""

    number: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """All that the page shows of an upload. `read` is None where it cannot be read as it is told; `fault` says why."""

    seen: str
    """Stands for what the page has shown; an import of something else is refused."""
    first: FirstRows | None = None
    read: ListFile | None = None
    preview: Preview | None = None
    fault: str = ""
    file_fault: FileFault | None = None
    """The same for people; None: there is nothing but `fault`."""
    fault_row: int = 0
    choices: list[ColumnChoice] = field(default_factory=list)
    places: Mapping[str, str] = field(default_factory=dict)
    """By column, the header under which it was found."""
    skips_rejected: bool = False

    @property
    def entries(self) -> list[NewEntry]:
        """The first ones."""
        return self.read.entries[:FIRST] if self.read else []

    @property
    def sha256(self) -> str | None:
        """Of the file."""
        return self.read.sha256 if self.read else None

    @property
    def may_apply(self) -> bool:
        """Whether its entries can be imported: there are any, and wrong rows are left out on purpose."""
        return self.read is not None and bool(self.read.entries) and (self.skips_rejected or not self.read.rejects)

    @property
    def removes_too_much(self) -> bool:
        """Whether it takes more off the list than is plausible."""
        return self.preview is not None and self.preview.removes_too_much

    @property
    def counts(self) -> str:
        """What `apply` is held against."""
        if self.preview is None:
            return ""
        result = self.preview.result
        return f"{result.added}-{result.changed}-{result.unchanged}-{result.removed}"


def describe(console: Console, kept: Upload, *, is_delivery: bool = False) -> Shown:
    """Read the file and compare it with the list; nothing is changed. A delivery of a centre may be empty."""
    order, zone = order_of(kept), console.settings.zone
    shown = Shown(seen=seen_of(kept), skips_rejected=order.skips_rejected)
    try:
        first = first_rows(kept.file_name, kept.content, order.how, FIRST)
    except InputError as exc:
        return replace(shown, **_fault(exc))
    shown = replace(shown, first=first, choices=_choices(first))
    try:
        with console.database.transaction() as conn:
            read = read_order(conn, order, zone)
            preview = preview_order(conn, order, read, _EXAMPLES) if read.entries or is_delivery else None
    except InputError as exc:
        return replace(shown, **_fault(exc))
    return replace(shown, read=read, preview=preview, places=read.columns)


def _fault(error: InputError) -> dict[str, Any]:
    told: dict[str, Any] = {"fault": str(error)}
    return told | {"file_fault": error.fault, "fault_row": error.row} if isinstance(error, FileError) else told


def read_rejects(console: Console, kept: Upload) -> bytes:
    """A CSV file of the rows that are no entries. Empty but for its header when the file cannot be read."""
    with console.database.transaction() as conn:
        try:
            rejects = read_order(conn, order_of(kept), console.settings.zone).rejects
        except InputError:
            rejects = []
    return rejects_csv(rejects)


def order_of(kept: Upload) -> ImportOrder:
    """The import that the upload stands for."""
    how = kept.how
    return ImportOrder(
        watchlist_id=kept.watchlist_id,
        name=kept.file_name,
        content=kept.content,
        mode=kept.mode,
        source=kept.source,
        how=how_from_words(how),
        skips_rejected=bool(how.get("skip")),
    )


def how_of(kept: Upload, fields: HowFields, profiles: Sequence[str]) -> Upload:
    """The upload, to be read as the form says; what the form cannot have sent counts as not said.
    `profiles`: those that the site offers."""
    sent = {
        Column.PLATE: fields.plate,
        Column.REASON: fields.reason_column,
        Column.VALID_FROM: fields.valid_from,
        Column.VALID_TO: fields.valid_to,
    }
    columns = {str(column): place for column, place in sent.items() if _is_place(column, place)}
    how: dict[str, Any] = {
        "columns": columns,
        "sheet": _plain(fields.sheet, 100),
        "encoding": fields.encoding if fields.encoding in ENCODINGS else "",
        "profile": fields.profile if fields.profile in profiles else "",
        "reason": _plain(fields.reason, 500),
        "skip": fields.skip,
    }
    mode = ImportMode.REPLACE if fields.mode == ImportMode.REPLACE else ImportMode.ADD
    return replace(kept, how=how, mode=mode)


def fields_of(kept: Upload) -> HowFields:
    """The form as the upload is read now."""
    how = kept.how
    columns = how.get("columns", {})
    return HowFields(
        plate=columns.get("plate", ""),
        reason_column=columns.get("reason", ""),
        valid_from=columns.get("valid_from", ""),
        valid_to=columns.get("valid_to", ""),
        sheet=how.get("sheet", ""),
        encoding=how.get("encoding", ""),
        profile=how.get("profile", ""),
        reason=how.get("reason", ""),
        mode=str(kept.mode),
        skip=bool(how.get("skip")),
    )


def seen_of(kept: Upload) -> str:
    """Another one for each way to read the file."""
    told = json.dumps([str(kept.mode), kept.source, dict(kept.how)], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def is_as_seen(kept: Upload, seen: str) -> bool:
    """Whether the page has shown this very reading."""
    return seen == seen_of(kept)


def _choices(first: FirstRows) -> list[ColumnChoice]:
    width = min(max((len(cells) for _, cells in first.rows), default=0), _MOST_COLUMNS)
    return [ColumnChoice(number=str(place + 1), label=_label(first, place)) for place in range(width)]


def _label(first: FirstRows, place: int) -> str:
    """What stands first in it: its header, in most files."""
    cells = (cells[place] for _, cells in first.rows[:_SAMPLE] if place < len(cells) and cells[place])
    return next(cells, "")[:_MOST_LABEL]


def _is_place(column: Column, place: str) -> bool:
    if place == ABSENT:
        return column is not Column.PLATE
    return place.isascii() and place.isdigit() and 1 <= int(place[:4]) <= _MOST_COLUMNS


def _plain(text: str, most: int) -> str:
    return "" if has_controls(text) else text.strip()[:most]
