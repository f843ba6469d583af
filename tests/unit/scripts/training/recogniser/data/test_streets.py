# SPDX-License-Identifier: AGPL-3.0-or-later
"""Street photographs: which rows are taken, their corners, and the crops cut from them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import read_image
from anpr.domain.errors import InputError
from scripts.training.recogniser.data.streets import Streets, street_crops, street_plates

TRUTH = "file,plate,x,y,w,h,country,subset,kind,lines\n"


def streets(folder: Path, rows: list[str], splits: list[str], marks: str | None = None) -> Streets:
    (folder / "images").mkdir()
    cv2.imwrite(str(folder / "images" / "a.png"), np.full((100, 200, 3), 90, np.uint8))
    (folder / "truth.csv").write_text(TRUTH + "\n".join(rows) + "\n")
    split = folder / "split.csv"
    names = [",".join(row.split(",")[:2]) for row in rows]
    split.write_text("file,plate,split\n" + "\n".join(",".join(pair) for pair in zip(names, splits, strict=True)))
    if marks is not None:
        (folder / "marks.csv").write_text("file,plate,x1,y1,x2,y2,x3,y3,x4,y4\n" + marks)
    return Streets(folder=folder, split=split, marks=folder / "marks.csv")


def test_legible_plates_of_one_or_two_lines_in_the_split_that_is_asked_for(tmp_path: Path) -> None:
    known = streets(
        tmp_path,
        ["a.png,AB123CD,10,20,80,18,IT,x,scene,1", "a.png,?,1,1,9,9,IT,x,scene,1", "a.png,W1,9,9,9,9,AT,x,scene,1",
         "a.png,AB12,9,9,9,9,VN,x,scene,3"],
        ["train", "train", "val", "train"],
    )  # fmt: skip

    (plate,) = street_plates(known, "train")

    assert (plate.text, plate.country, plate.lines, plate.marked) == ("AB123CD", "IT", 1, False)
    assert plate.corners == ((10, 20), (90, 20), (90, 38), (10, 38))


def test_marked_corners_go_before_the_box_and_are_kept_in_the_crop(tmp_path: Path) -> None:
    marks = "a.png,AB123CD,12,22,88,24,88,36,12,34\n"
    known = streets(tmp_path, ["a.png,AB123CD,10,20,80,18,IT,x,scene,1"], ["train"], marks)

    (crop,) = street_crops(known, "train", tmp_path / "work")

    assert crop.corners is not None
    assert crop.corners[2][0] - crop.corners[0][0] == 76
    height, width = read_image(crop.path).shape[:2]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in crop.corners)


def test_a_split_of_other_rows_is_refused(tmp_path: Path) -> None:
    known = streets(tmp_path, ["a.png,AB123CD,10,20,80,18,IT,x,scene,1"], ["train"])
    known.split.write_text("file,plate,split\nb.png,AB123CD,train\n")

    with pytest.raises(InputError, match="row 2: not the plate"):
        street_plates(known, "train")
