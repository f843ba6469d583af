# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cells as understood: plates in their normal form, dates as Italians write them, and why a cell was refused."""

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from functools import lru_cache

from anpr.domain.errors import InputError
from anpr.domain.local_time import TimeTextError, parse_moment
from anpr.domain.plate_spelling import respell_listed
from anpr.listfiles.columns import Column, without_formula

MAX_REASON = 1_000
"""Characters; what a screen and a message still show."""
_TWO_DIGITS = re.compile(r"(\d{1,2}[/.]\d{1,2}[/.])(\d{2})(?!\d)")


class Fault(StrEnum):
    """Why a row was refused."""

    PLATE = "plate"
    NO_REASON = "no-reason"
    LONG_REASON = "long-reason"
    TIME = "time"
    ORDER = "order"
    CELLS = "cells"
    OPERATION = "operation"
    """It is not said, or not understood, what is to be done with the row; or two rows say different things."""


class Notice(StrEnum):
    """What was done to a row that was taken all the same, or to the file."""

    FOREIGN_LETTERS = "foreign-letters"
    DUPLICATE = "duplicate"
    UNUSED_COLUMNS = "unused-columns"
    ABOVE_HEADER = "above-header"
    OTHER_SHEETS = "other-sheets"
    PARTIAL_PLATES = "partial-plates"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """A row that is no entry. `column` as the file calls it; `text` is the cell, shortened."""

    row: int
    column: str
    fault: Fault
    detail: str
    text: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.column}: {self.detail}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Warned:
    """Something to look at. `row` is None where it holds for the file."""

    row: int | None
    notice: Notice
    detail: str
    names: str = ""
    """What it is about, where that is more than the row: headers."""

    def __str__(self) -> str:
        return f"row {self.row}: {self.detail}" if self.row else self.detail


class CellError(InputError):
    """A cell that is not what its column holds."""

    def __init__(self, column: Column, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.column = column
        self.fault = fault


def read_plate(text: str) -> tuple[str, bool]:
    """The plate, whole or partial, and whether letters of other alphabets were taken for ours. Raises CellError."""
    try:
        return respell_listed(without_formula(text))
    except ValueError as exc:
        raise CellError(Column.PLATE, Fault.PLATE, str(exc)) from exc


def read_reason(text: str, default: str) -> str:
    """The reason, or the one for the whole file. Raises CellError when there is none."""
    reason = without_formula(text) or default
    if not reason:
        raise CellError(Column.REASON, Fault.NO_REASON, "must not be empty; --reason gives one to all rows without")
    if len(reason) > MAX_REASON:
        raise CellError(Column.REASON, Fault.LONG_REASON, f"{len(reason)} characters; at most {MAX_REASON} are kept")
    return " ".join(reason.split())


def read_validity(starts: str, ends: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """Start and end (UTC, exclusive), None where the cell is empty. Raises CellError."""
    valid_from = _moment(Column.VALID_FROM, starts, zone)
    valid_to = _moment(Column.VALID_TO, ends, zone)
    if valid_from and valid_to and valid_from >= valid_to:
        raise CellError(Column.VALID_TO, Fault.ORDER, "must be after the start of the validity")
    return valid_from, valid_to


def _moment(column: Column, text: str, zone: tzinfo) -> datetime | None:
    text = without_formula(text)
    if not text:
        return None
    try:
        return _parsed(text, zone, column is Column.VALID_TO)
    except TimeTextError as exc:
        raise CellError(column, Fault.TIME, str(exc)) from exc


@lru_cache(maxsize=4096)
def _parsed(text: str, zone: tzinfo, is_end: bool) -> datetime:
    """Kept, since the rows of a file share few dates, and one takes longer than all else of its row."""
    return parse_moment(_with_century(text), zone, is_end=is_end)


def _with_century(text: str) -> str:
    """`21.11.26` is 21/11/2026: two digits after points or slashes mean 2000 to 2099. Dashes could be another order."""
    return _TWO_DIGITS.sub(r"\g<1>20\g<2>", text, count=1) if _TWO_DIGITS.match(text) else text
