# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders of cut-out plates and of scenes with boxes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.domain.errors import InputError
from anpr.domain.read import Box
from anpr.reader.evaluate import load_images
from anpr.reader.evaluate.report import as_lines, as_object
from anpr.reader.evaluate.score import Answer, judge, score


def crops(folder: Path, *rows: str, header: str = "file,text,source,country,lines,split") -> Path:
    (folder / "images").mkdir()
    cv2.imwrite(str(folder / "images" / "a.png"), np.zeros((20, 90, 3), np.uint8))
    (folder / "labels.csv").write_text("\n".join([header, *rows]) + "\n")
    return folder


def scenes(folder: Path, label: str) -> Path:
    (folder / "images").mkdir()
    (folder / "labels").mkdir()
    for name in ("cam_1.png", "cam_2.png"):
        (folder / "images" / name).write_bytes(b"a")
    (folder / "labels" / "cam_1.txt").write_text(label)
    (folder / "manifest.csv").write_text(
        "file,split,width,height,country_guess\ncam_1.png,val,200,100,PL\ncam_2.png,train,200,100,\n"
    )
    return folder


def test_a_cut_out_plate_fills_its_picture(tmp_path: Path) -> None:
    (picture,) = load_images(crops(tmp_path, "a.png,ab 123 cd,x,IT,1,val", "a.png,EF456GH,x,IT,1,train"))

    (plate,) = picture.plates
    assert (plate.text, plate.kind, plate.country, plate.subset) == ("AB123CD", "crop", "IT", "x")
    assert plate.box == Box(x=0, y=0, w=90, h=20)


def test_all_splits_at_once(tmp_path: Path) -> None:
    folder = crops(tmp_path, "a.png,AB123CD,x,IT,1,val", "a.png,EF456GH,x,IT,2,train")

    assert [one.plates[0].text for one in load_images(folder, "all")] == ["AB123CD", "EF456GH"]


def test_of_a_scene_only_the_places_are_known(tmp_path: Path) -> None:
    (picture,) = load_images(scenes(tmp_path, "0 0.5 0.5 0.2 0.1\n"))

    (plate,) = picture.plates
    assert plate.text is None
    assert plate.box == Box(x=80, y=45, w=40, h=10)
    scores = score([judge(picture, [Answer(text="AB123CD", box=plate.box)], 1.0)])
    fields = as_object(scores)
    assert fields["total"]["found"]["count"] == 1
    assert fields["total"]["strict"] is None
    assert "not known" in "\n".join(as_lines(scores))


def test_a_scene_without_labels_shows_no_plate(tmp_path: Path) -> None:
    assert load_images(scenes(tmp_path, ""))[0].plates == ()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("b.png,AB123CD,x,IT,1,val", r"labels\.csv: row 2: file: no picture .*b\.png"),
        ("a.png,AB123CD,x,IT,,val", r"row 2: text or lines"),
        ("a.png,AB#,x,IT,1,val", r"row 2: text or lines: a plate holds only"),
        ("a.png,AB123CD,x,IT,1,train", r"labels\.csv: no row of the split val"),
    ],
)
def test_what_is_wrong_with_a_crop_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        load_images(crops(tmp_path, row))


def test_what_is_wrong_with_a_scene_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cam_1\.txt: row 1: not a class and four numbers"):
        load_images(scenes(tmp_path, "0 0.5 0.5\n"))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"labels\.csv: row 1: no column text"):
        load_images(crops(tmp_path, "a.png,val", header="file,lines,split"))


def test_an_empty_folder_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"truth\.csv: No such file"):
        load_images(tmp_path)
