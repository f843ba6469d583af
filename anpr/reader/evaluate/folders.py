# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data sets: loads the three kinds of folders with known plates, told apart by their index file."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from anpr.capture.image_file import read_image
from anpr.domain.errors import InputError, MediaError
from anpr.domain.plate import normalise
from anpr.domain.read import Box
from anpr.reader.evaluate.truth import LabelledImage, TruePlate, load_truth

SPLITS = ("val", "train", "all")
_Row = Mapping[str, str | None]


def load_images(folder: Path, split: str = "val") -> list[LabelledImage]:
    """The labelled images of a folder, in the order of its index file.

    truth.csv: plates with their boxes and texts (see `load_truth`; it knows no split). labels.csv: a cut-out plate a
    row, with columns file, text, country, lines, source, split. manifest.csv: scenes, with columns file, split, width,
    height, and labels/<name>.txt with boxes as YOLO writes them; their texts are not known, so that only what was found
    counts. Raises InputError naming the file, the row and the column.
    """
    for name, load in _LOADERS.items():
        if (folder / name).is_file():
            return load(folder, split)
    return load_truth(folder)  # which says that it is not there


def _crops(folder: Path, split: str) -> list[LabelledImage]:
    path = folder / "labels.csv"
    return [_crop(folder, path, number, row) for number, row in _rows(path, split, ("file", "text", "lines"))]


def _crop(folder: Path, path: Path, number: int, row: _Row) -> LabelledImage:
    image_path = _image_path(folder, path, number, row)
    height, width = _size(image_path)
    try:
        text, lines = normalise(row["text"] or ""), int(row["lines"] or "")
    except ValueError as exc:
        raise InputError(f"{path}: row {number}: text or lines: {exc}") from exc
    plate = TruePlate(
        text=text, box=Box(x=0, y=0, w=width, h=height), country=row.get("country") or "?",
        subset=row.get("source") or "?", kind="crop", lines=lines,
    )  # fmt: skip
    return LabelledImage(path=image_path, plates=(plate,))


def _size(path: Path) -> tuple[int, int]:
    try:
        height, width = read_image(path).shape[:2]
    except MediaError:  # the run reports it when it reads the image
        return 1, 1
    return height, width


def _scenes(folder: Path, split: str) -> list[LabelledImage]:
    path = folder / "manifest.csv"
    return [_scene(folder, path, number, row) for number, row in _rows(path, split, ("file", "width", "height"))]


def _scene(folder: Path, path: Path, number: int, row: _Row) -> LabelledImage:
    image_path = _image_path(folder, path, number, row)
    try:
        width, height = float(row["width"] or ""), float(row["height"] or "")
    except ValueError as exc:
        raise InputError(f"{path}: row {number}: width or height: {exc}") from exc
    country = row.get("country_guess") or "?"
    boxes = _boxes(folder / "labels" / f"{image_path.stem}.txt", width, height)
    return LabelledImage(
        path=image_path,
        plates=tuple(
            TruePlate(text=None, box=box, country=country, subset=image_path.stem.split("_")[0], kind="scene", lines=0)
            for box in boxes
        ),
    )


def _boxes(path: Path, width: float, height: float) -> Iterator[Box]:
    """The boxes of one image in px; none where the file is empty or absent: an image without plates."""
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            _, x, y, w, h = map(float, line.split())
            yield Box(x=(x - w / 2) * width, y=(y - h / 2) * height, w=w * width, h=h * height)
        except ValueError as exc:
            raise InputError(f"{path}: row {number}: not a class and four numbers: {exc}") from exc


def _rows(path: Path, split: str, needed: tuple[str, ...]) -> list[tuple[int, _Row]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in (*needed, "split") if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: row 1: no column {', '.join(missing)}")
            rows: list[tuple[int, _Row]] = [(reader.line_num, row) for row in reader if split in {"all", row["split"]}]
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise InputError(f"{path}: not a CSV file in UTF-8") from exc
    if not rows:
        raise InputError(f"{path}: no row of the split {split}")
    return rows


def _image_path(folder: Path, path: Path, number: int, row: _Row) -> Path:
    name = row["file"] or ""
    image_path = folder / "images" / name
    if not name or not image_path.is_file():
        raise InputError(f"{path}: row {number}: file: no picture {image_path}")
    return image_path


_LOADERS: dict[str, Callable[[Path, str], list[LabelledImage]]] = {
    "truth.csv": lambda folder, _: load_truth(folder),
    "labels.csv": _crops,
    "manifest.csv": _scenes,
}
