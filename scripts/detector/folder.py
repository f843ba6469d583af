"""The folder of labelled pictures: images/, labels/ (YOLO, one text file a picture) and manifest.csv with the split."""

import csv
from dataclasses import dataclass
from pathlib import Path

from anpr.domain.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The pictures of each split and where their labels lie."""

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
    return Folder(train=tuple(splits["train"]), val=tuple(splits["val"]), labels=root / "labels")
