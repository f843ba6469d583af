# SPDX-License-Identifier: AGPL-3.0-or-later
"""Label corrections by eye: missing plates are added, badly drawn boxes are replaced.

About one plate in sixteen of the train images carries no label, and so teaches the network not to find its like.
mended_labels.csv names the changes (columns change: add or drop, file, x, y, width, height; px of the image). They
come from the boxes that a network scored where no label lies, each looked at: 636 in the train images, which
version 0.1.0 scored .3 or more (311 are plates), and those of the validation images which 0.1.0 scored .1 or more
or 0.2.0 .2 or more; there the labels that both missed were looked at too.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from anpr.domain.errors import InputError
from scripts.training.detector.folder import Folder, read_picture

MENDED = Path(__file__).with_name("mended_labels.csv")
Box = tuple[float, float, float, float]
"""x, y, width, height, px."""


@dataclass(kw_only=True)
class Change:
    """What is changed in the labels of one image."""

    add: list[Box] = field(default_factory=list)
    drop: list[Box] = field(default_factory=list)


def read_changes(path: Path = MENDED) -> dict[str, Change]:
    """The changes of each image, by file name. Raises InputError naming the line at fault."""
    changes: dict[str, Change] = defaultdict(Change)
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                box = (float(row["x"]), float(row["y"]), float(row["width"]), float(row["height"]))
                {"add": changes[row["file"]].add, "drop": changes[row["file"]].drop}[row["change"]].append(box)
            except (KeyError, TypeError, ValueError) as exc:
                wanted = "change (add or drop), file, x, y, width, height"
                raise InputError(f"{path}, line {number}: needs {wanted}, has {row}") from exc
    return dict(changes)


def mend(folder: Folder, changes: dict[str, Change], out: Path) -> Folder:
    """`folder` with its labels changed, under `out`: images/ (links) and labels/ (written anew).

    Raises InputError where a label to drop is not there.
    """
    (out / "images").mkdir(parents=True, exist_ok=True)
    (out / "labels").mkdir(parents=True, exist_ok=True)

    def mended(pictures: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(_mended(picture, folder.labels, changes.get(picture.name, Change()), out) for picture in pictures)

    return Folder(train=mended(folder.train), val=mended(folder.val), labels=out / "labels")


def _mended(picture: Path, labels: Path, change: Change, out: Path) -> Path:
    link, label = out / "images" / picture.name, f"{picture.stem}.txt"
    if not link.is_symlink():
        link.symlink_to(picture.absolute())
    rows = (labels / label).read_text(encoding="ascii").splitlines() if (labels / label).exists() else []
    if change.add or change.drop:
        rows = _changed(rows, change, picture)
    (out / "labels" / label).write_text("".join(f"{row}\n" for row in rows), encoding="ascii")
    return link


def _changed(rows: list[str], change: Change, picture: Path) -> list[str]:
    height, width = read_picture(picture).shape[:2]
    kept = list(rows)
    for box in change.drop:
        same = [row for row in kept if _near(_box(row, width, height), box)]
        if not same:
            raise InputError(f"{picture}: no label at {box} to drop: the folder is another than the changes are for")
        kept.remove(same[0])
    return kept + [_row(box, width, height) for box in change.add]


def _box(row: str, width: int, height: int) -> Box:
    x, y, w, h = (float(value) for value in row.split()[1:5])
    return ((x - w / 2) * width, (y - h / 2) * height, w * width, h * height)


def _near(a: Box, b: Box) -> bool:
    """Whether both are one box, but for rounding to whole pixels."""
    return max(abs(one - other) for one, other in zip(a, b, strict=True)) <= 1


def _row(box: Box, width: int, height: int) -> str:
    x, y, w, h = box
    return f"0 {(x + w / 2) / width:.6f} {(y + h / 2) / height:.6f} {w / width:.6f} {h / height:.6f}"
