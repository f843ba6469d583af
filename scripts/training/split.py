# SPDX-License-Identifier: AGPL-3.0-or-later
"""Split of a folder into training and validation by vehicle (plate text), never by image."""

import csv
from collections.abc import Mapping
from pathlib import Path

from anpr.domain.errors import InputError

COLUMNS = ("file", "plate", "split")


def read_split(path: Path) -> Mapping[str, str]:
    """The split of each image that shows a legible plate, by file name.

    Raises InputError where an image has plates of two splits: its vehicles would be learnt and asked about.
    """
    splits: dict[str, str] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise InputError(f"{path}: needs the columns {', '.join(COLUMNS)}")
        for row in rows:
            if row["split"] == "none":
                continue
            if splits.setdefault(row["file"], row["split"]) != row["split"]:
                raise InputError(f"{path}: {row['file']} has plates of two splits")
    return splits
