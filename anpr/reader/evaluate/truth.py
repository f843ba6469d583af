# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ground truth: `truth.csv` says which plates are on which images."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from anpr.domain.errors import InputError
from anpr.domain.plate import normalise
from anpr.domain.read import Box

COLUMNS = ("file", "plate", "x", "y", "w", "h", "country", "subset", "kind", "lines")
"""The header. Boxes are in px of the image; `kind` is scene or crop, `lines` 1 or 2.

More columns may follow; `light` (day, night …) is used where it is there."""

KINDS = frozenset({"scene", "crop"})

ILLEGIBLE = "?"
"""In the column plate: a plate that is there and that nobody can read; a read of it is neither right nor wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TruePlate:
    """One plate that is on an image; `box` in px."""

    text: str | None
    """None where only the place is known: it can be found, but not be read right or wrong."""
    box: Box
    country: str
    subset: str
    kind: str
    lines: int
    """0 where it is not known."""
    light: str = ""
    """day, night or infrared, where the optional column `light` says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelledImage:
    """An image file with all the plates on it that are known; none for one that shows no plate."""

    path: Path
    plates: tuple[TruePlate, ...]


def load_truth(folder: Path) -> list[LabelledImage]:
    """The labelled images of `folder` named in its truth.csv, in the order of the file.

    Images lie in folder/images or in the folder itself. A row with an empty plate says that the image shows none.
    Raises InputError naming the file, the row (the header is row 1) and the column.
    """
    path = folder / "truth.csv"
    rows: dict[str, list[TruePlate]] = {}
    for number, fields in _rows(path):
        plates = rows.setdefault(_text(path, number, fields, "file"), [])
        if (fields.get("plate") or "").strip():
            plates.append(_plate(path, number, fields))
    if not rows:
        raise InputError(f"{path}: no rows")
    return [LabelledImage(path=_find(folder, name, path), plates=tuple(plates)) for name, plates in rows.items()]


def _rows(path: Path) -> list[tuple[int, Mapping[str, str | None]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: row 1: no column {', '.join(missing)}; expected {','.join(COLUMNS)}")
            return [(reader.line_num, row) for row in reader]
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path}: not a CSV file in UTF-8") from exc


def _plate(path: Path, row: int, fields: Mapping[str, str | None]) -> TruePlate:
    x, y, w, h = (_number(path, row, fields, column) for column in ("x", "y", "w", "h"))
    kind = _text(path, row, fields, "kind")
    if kind not in KINDS:
        raise InputError(f"{path}: row {row}: kind: {kind!r} is neither scene nor crop")
    try:
        box = Box(x=x, y=y, w=w, h=h)
        text = None if (fields["plate"] or "").strip() == ILLEGIBLE else normalise(fields["plate"] or "")
    except ValueError as exc:
        raise InputError(f"{path}: row {row}: {exc}") from exc
    return TruePlate(
        text=text,
        box=box,
        country=_text(path, row, fields, "country"),
        subset=_text(path, row, fields, "subset"),
        kind=kind,
        lines=int(_number(path, row, fields, "lines")),
        light=(fields.get("light") or "").strip(),
    )


def _text(path: Path, row: int, fields: Mapping[str, str | None], column: str) -> str:
    value = (fields[column] or "").strip()
    if not value:
        raise InputError(f"{path}: row {row}: {column} is empty")
    return value


def _number(path: Path, row: int, fields: Mapping[str, str | None], column: str) -> float:
    value = _text(path, row, fields, column)
    try:
        return float(value)
    except ValueError as exc:
        raise InputError(f"{path}: row {row}: {column}: {value!r} is not a number") from exc


def _find(folder: Path, name: str, truth: Path) -> Path:
    for path in (folder / "images" / name, folder / name):
        if path.is_file():
            return path
    raise InputError(f"{truth}: the picture {name} is neither in {folder / 'images'} nor in {folder}")
