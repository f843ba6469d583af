# SPDX-License-Identifier: AGPL-3.0-or-later
"""truth.csv: what it says, and what is wrong with it."""

from pathlib import Path

import pytest

from anpr.domain.errors import InputError
from anpr.reader.evaluate.truth import load_truth

HEADER = "file,plate,x,y,w,h,country,subset,kind,lines"


def folder(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(b"a")
    (tmp_path / "b.jpg").write_bytes(b"b")
    (tmp_path / "truth.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_rows_of_one_picture_are_gathered_in_order(tmp_path: Path) -> None:
    pictures = load_truth(
        folder(
            tmp_path,
            "a.jpg,AB 123 CD,1,2,30,10,IT,x,scene,1",
            "b.jpg,EF456GH,0,0,200,50,IT,x,crop,1",
            "a.jpg,ZA151YM,100,2,30,20,IT,x,scene,2",
        )
    )

    assert [picture.path.name for picture in pictures] == ["a.jpg", "b.jpg"]
    assert [plate.text for plate in pictures[0].plates] == ["AB123CD", "ZA151YM"]
    assert pictures[0].plates[1].lines == 2
    assert pictures[1].plates[0].kind == "crop"


def test_a_picture_may_show_no_plate(tmp_path: Path) -> None:
    (picture,) = load_truth(folder(tmp_path, "a.jpg,,,,,,,,,"))

    assert picture.plates == ()


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("a.jpg,AB123CD,one,2,30,10,IT,x,scene,1", "row 2: x: 'one' is not a number"),
        ("a.jpg,AB123CD,1,2,,10,IT,x,scene,1", "row 2: w is empty"),
        ("a.jpg,AB123CD,1,2,-3,10,IT,x,scene,1", "row 2: a box has a positive width"),
        ("a.jpg,AB#23CD,1,2,3,10,IT,x,scene,1", "row 2: a plate holds only letters"),
        ("a.jpg,AB123CD,1,2,3,10,IT,x,film,1", "row 2: kind: 'film' is neither scene nor crop"),
        ("c.jpg,AB123CD,1,2,3,10,IT,x,scene,1", "the picture c.jpg is neither in"),
        (",AB123CD,1,2,3,10,IT,x,scene,1", "row 2: file is empty"),
        ("a.jpg,AB123CD", "row 2: x is empty"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint) as raised:
        load_truth(folder(tmp_path, row))

    assert "truth.csv" in str(raised.value)


def test_a_wrong_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 1: no column plate, lines; expected file,plate,"):
        load_truth(folder(tmp_path, header=HEADER.replace("plate", "text").replace(",lines", "")))


def test_no_rows_no_file_and_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        load_truth(folder(tmp_path))
    with pytest.raises(InputError, match=r"truth\.csv: No such file"):
        load_truth(tmp_path / "images")
    (tmp_path / "truth.csv").write_bytes(b"\xff\xfe\x00file")
    with pytest.raises(InputError, match="not a CSV file in UTF-8"):
        load_truth(tmp_path)
