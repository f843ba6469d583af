# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folder of labelled images: images/, labels/ (YOLO, one text file an image) and manifest.csv with the split."""

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from anpr.domain.errors import InputError, MediaError

Boxes = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The images of each split and where their labels lie."""

    train: tuple[Path, ...]
    val: tuple[Path, ...]
    labels: Path


def read_folder(root: Path) -> Folder:
    """Read `root`/manifest.csv (columns file and split). Raises InputError naming the file and row at fault."""
    manifest = root / "manifest.csv"
    if not manifest.is_file():
        raise InputError(f"no manifest.csv in {root}: the data folder holds images/, labels/ and manifest.csv")
    splits: dict[str, list[Path]] = {"train": [], "val": []}
    with manifest.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            if row.get("split") not in splits or not row.get("file"):
                raise InputError(f"{manifest}, line {number}: needs a file and a split of train or val, has {row}")
            picture = root / "images" / row["file"]
            if not picture.is_file():
                raise InputError(f"{manifest}, line {number}: no picture {picture}")
            splits[row["split"]].append(picture)
    for split, pictures in splits.items():
        if not pictures:
            raise InputError(f"{manifest}: no picture of the split {split}")
    return Folder(train=tuple(splits["train"]), val=tuple(splits["val"]), labels=root / "labels")


def read_picture(path: Path) -> npt.NDArray[np.uint8]:
    """An image as height × width × 3, blue green red. Raises MediaError naming the file."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise MediaError(f"{path}: not a readable picture")
    return np.asarray(image, np.uint8)


def read_labels(path: Path, width: int, height: int) -> Boxes:
    """True boxes of a YOLO label file as (N, 4) x1 y1 x2 y2 in px; an absent or empty file means no plate."""
    text = path.read_text(encoding="ascii").strip() if path.exists() else ""
    try:
        rows = [[float(value) for value in line.split()[1:5]] for line in text.splitlines()]
        boxes = np.array(rows, np.float32).reshape(-1, 4)
    except ValueError as exc:
        raise InputError(f"{path}: a label is a class and four numbers (centre x and y, width, height): {exc}") from exc
    boxes *= np.array([width, height, width, height], np.float32)
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], axis=1)
