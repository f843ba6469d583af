# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists of crops: what is taken, and what is refused with file, row and column."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.domain.errors import InputError
from scripts.training.recogniser.data.samples import read_crops, read_masked


def folder_with(path: Path, listing: str) -> Path:
    (path / "images").mkdir()
    cv2.imwrite(str(path / "images" / "a.png"), np.zeros((20, 80, 3), np.uint8))
    (path / "labels.csv").write_text(listing, encoding="utf-8")
    return path


def test_only_the_split_that_is_asked_for(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "file,text,country,lines,split\na.png,AB123CD,IT,1,train\na.png,MÜ12,DE,2,val\n")

    (crop,) = read_crops(folder, "val")

    assert (crop.text, crop.lines, crop.country, crop.drawn) == ("MÜ12", 2, "DE", False)


def test_masked_signs_are_allowed_in_their_own_list_only(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path, "file,text_with_masked_chars,text,country,lines,split\na.png,12*4BCD,12*4BCD,ES,1,train\n"
    )

    assert [crop.text for crop in read_masked(folder, "train")] == ["12*4BCD"]
    with pytest.raises(InputError, match=r"labels\.csv: row 2: '12\*4BCD'"):
        read_crops(folder, "train")


@pytest.mark.parametrize(
    ("listing", "fault"),
    [
        ("file,text\n", "row 1: no column country, lines, split"),
        ("file,text,country,lines,split\nb.png,AB1,IT,1,train\n", "row 2: no picture"),
        ("file,text,country,lines,split\na.png,ab1,IT,1,train\n", "row 2: 'ab1' is not made of"),
        ("file,text,country,lines,split\na.png,AB1,IT,3,train\n", "row 2: lines: '3'"),
    ],
)
def test_a_wrong_list_is_one_clear_error(tmp_path: Path, listing: str, fault: str) -> None:
    folder = folder_with(tmp_path, listing)

    with pytest.raises(InputError, match=fault):
        read_crops(folder, "train")
