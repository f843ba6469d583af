# SPDX-License-Identifier: AGPL-3.0-or-later
"""Training samples: real crops, crops with masked characters, drawn plates."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from anpr.domain.errors import InputError
from anpr.reader.recognise.alphabet import PLATE_CHARACTERS
from scripts.training.recogniser.data.drawn import Drawn

CornerPoints = tuple[tuple[float, float], ...]
"""Four corners of a plate in px, clockwise from its own top left."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """One image with the text it shows."""

    path: Path
    text: str
    """As `ctc.encode` takes it: `*` for a masked character."""
    lines: int
    country: str = ""
    spaced: str = ""
    """The text with its gaps, where they are known."""
    drawn: bool = False
    corners: CornerPoints | None = None
    """Of the plate in the image; None where the plate fills the image."""


def read_crops(folder: Path, split: str) -> tuple[Crop, ...]:
    """The crops of one split of folder/labels.csv (columns file, text, country, lines, split).

    Raises InputError naming the file, the row and the column.
    """
    path = folder / "labels.csv"
    rows = _rows(path, ("file", "text", "country", "lines", "split"))
    return tuple(
        Crop(
            path=_picture(folder, row["file"], path, number),
            text=_characters(row["text"], path, number),
            lines=_lines(row["lines"], path, number),
            country=row["country"],
        )
        for number, row in rows
        if row["split"] == split
    )


def read_masked(folder: Path, split: str) -> tuple[Crop, ...]:
    """The crops of one split of a folder whose texts have `*` for characters made unreadable; one line each."""
    path = folder / "labels.csv"
    rows = _rows(path, ("file", "text_with_masked_chars", "split"))
    return tuple(
        Crop(
            path=_picture(folder, row["file"], path, number),
            text=_characters(row["text_with_masked_chars"], path, number, masked="*"),
            lines=1,
            country="ES",
        )
        for number, row in rows
        if row["split"] == split
    )


def from_drawn(plates: Sequence[Drawn]) -> tuple[Crop, ...]:
    """Drawn plates as crops."""
    return tuple(
        Crop(path=plate.path, text=plate.text, spaced=plate.spaced, lines=plate.lines, country=plate.kind, drawn=True)
        for plate in plates
    )


def _rows(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: row 1: no column {', '.join(missing)}")
            return [(reader.line_num, row) for row in reader]
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path}: not a CSV file in UTF-8") from exc


def _characters(text: str, path: Path, row: int, masked: str = "") -> str:
    if not text or set(text) - set(PLATE_CHARACTERS) - set(masked):
        raise InputError(f"{path}: row {row}: {text!r} is not made of {PLATE_CHARACTERS}{masked}")
    return text


def _lines(value: str, path: Path, row: int) -> int:
    if value not in {"1", "2"}:
        raise InputError(f"{path}: row {row}: lines: {value!r} is neither 1 nor 2")
    return int(value)


def _picture(folder: Path, name: str, path: Path, row: int) -> Path:
    picture = folder / "images" / name
    if not picture.is_file():
        raise InputError(f"{path}: row {row}: no picture {picture}")
    return picture
