# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicles kept apart."""

from pathlib import Path

import pytest

from anpr.domain.errors import InputError
from scripts.training.split import read_split


def test_pictures_go_by_their_plates(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text("file,plate,split\na.jpg,AA111AA,val\na.jpg,?,none\nb.jpg,BB222BB,train\n", encoding="utf-8")

    assert read_split(path) == {"a.jpg": "val", "b.jpg": "train"}


def test_a_picture_of_two_splits_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "split.csv"
    path.write_text("file,plate,split\na.jpg,AA111AA,val\na.jpg,BB222BB,train\n", encoding="utf-8")

    with pytest.raises(InputError, match="two splits"):
        read_split(path)
