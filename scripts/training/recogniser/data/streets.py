# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real plates of street photographs as training crops: cut once with room around them, their four corners kept.

A folder as `anpr evaluate` takes it (images/, truth.csv), a list that puts each row into `train` or `val` by vehicle,
and, where somebody marked them, the corners of the plates. A plate without marked corners has those of its box.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from anpr.capture.image_file import Image, read_image
from anpr.domain.errors import InputError
from anpr.reader.recognise.alphabet import PLATE_CHARACTERS
from scripts.training.recogniser.data.samples import CornerPoints, Crop

ROOM = 0.3
"""Of the box's sides, kept at each side of it."""
MARK_COLUMNS = ("x1", "y1", "x2", "y2", "x3", "y3", "x4", "y4")


@dataclass(frozen=True, kw_only=True)
class Streets:
    """Where the photographs and what is known of them lie."""

    folder: Path
    split: Path
    """CSV with the columns file, plate, split, row by row as truth.csv."""
    marks: Path | None = None
    """CSV with the columns file, plate, x1 … y4: corners in px of the photograph, clockwise from the top left."""


@dataclass(frozen=True, kw_only=True)
class StreetPlate:
    """One legible plate of a photograph."""

    file: str
    text: str
    country: str
    lines: int
    corners: CornerPoints
    """In px of the photograph."""
    marked: bool


def street_plates(streets: Streets, split: str) -> list[StreetPlate]:
    """The legible plates of one or two lines in a split. Raises InputError where the files do not fit together."""
    marks = _marks(streets.marks)
    listed = zip(rows_of(streets.folder / "truth.csv"), rows_of(streets.split), strict=True)
    return [_plate(row, marks) for row, place in _checked(listed, streets.split) if place == split and _usable(row)]


def street_crops(streets: Streets, split: str, work: Path) -> tuple[Crop, ...]:
    """The plates as crops in the folder `work`, each with its corners in px of the crop."""
    work.mkdir(parents=True, exist_ok=True)
    made = []
    for number, plate in enumerate(street_plates(streets, split)):
        image, corners = cut_with_room(read_image(streets.folder / "images" / plate.file), plate.corners)
        path = work / f"{split}_{number:04d}.png"
        cv2.imwrite(str(path), image)
        made.append(Crop(path=path, text=plate.text, lines=plate.lines, country=plate.country, corners=corners))
    return tuple(made)


def cut_with_room(image: Image, corners: CornerPoints) -> tuple[Image, CornerPoints]:
    """The part of the photograph around the corners, and the corners in px of it."""
    points = np.array(corners)
    low, high = points.min(axis=0), points.max(axis=0)
    room = (high - low) * ROOM
    x1, y1 = np.maximum(0, np.floor(low - room)).astype(int).tolist()
    x2, y2 = np.minimum(image.shape[1::-1], np.ceil(high + room)).astype(int).tolist()
    return image[y1:y2, x1:x2], tuple((x - x1, y - y1) for x, y in corners)


def _checked(
    listed: Iterator[tuple[dict[str, str], dict[str, str]]], path: Path
) -> Iterator[tuple[dict[str, str], str]]:
    for number, (row, place) in enumerate(listed, start=2):
        if (row["file"], row["plate"]) != (place["file"], place["plate"]):
            raise InputError(f"{path}: row {number}: not the plate of this row of truth.csv")
        yield row, place["split"]


def _usable(row: Mapping[str, str]) -> bool:
    return bool(row["plate"]) and not set(row["plate"]) - set(PLATE_CHARACTERS) and row["lines"] in {"1", "2"}


def _plate(row: dict[str, str], marks: Mapping[tuple[str, str], CornerPoints]) -> StreetPlate:
    x, y, w, h = (float(row[name]) for name in "xywh")
    box = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    key = (row["file"], row["plate"])
    return StreetPlate(
        file=row["file"], text=row["plate"], country=row["country"], lines=int(row["lines"]),
        corners=marks.get(key, box), marked=key in marks,
    )  # fmt: skip


def _marks(path: Path | None) -> dict[tuple[str, str], CornerPoints]:
    if path is None or not path.exists():
        return {}
    found = {}
    for row in rows_of(path):
        values = [float(row[name]) for name in MARK_COLUMNS]
        found[row["file"], row["plate"]] = tuple(zip(values[::2], values[1::2], strict=True))
    return found


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV. Raises InputError where it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            yield from csv.DictReader(file)
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
