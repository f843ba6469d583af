# SPDX-License-Identifier: AGPL-3.0-or-later
"""Labels put right: added, dropped, and the rest as they were."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.domain.errors import InputError
from scripts.training.detector.folder import Folder, read_labels
from scripts.training.detector.label_fixes import Change, mend, read_changes


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Two images of 100×50 px: one with a plate at 10, 20 to 30, 30, one without any label."""
    for part in ("images", "labels"):
        (tmp_path / "data" / part).mkdir(parents=True)
    pictures = tuple(tmp_path / "data" / "images" / name for name in ("a.jpg", "b.jpg"))
    for picture in pictures:
        cv2.imwrite(str(picture), np.zeros((50, 100, 3), np.uint8))
    labels = tmp_path / "data" / "labels"
    (labels / "a.txt").write_text("0 0.2 0.5 0.2 0.2", encoding="ascii")  # no line feed at its end
    return Folder(train=pictures[:1], val=pictures[1:], labels=labels)


def boxes(folder: Folder, name: str) -> list[list[float]]:
    return [[round(float(side)) for side in box] for box in read_labels(folder.labels / f"{name}.txt", 100, 50)]


def test_boxes_are_added_beside_those_that_stand(folder: Folder, tmp_path: Path) -> None:
    changes = {"a.jpg": Change(add=[(50, 10, 20, 10)]), "b.jpg": Change(add=[(0, 0, 40, 20), (60, 30, 40, 20)])}

    mended = mend(folder, changes, tmp_path / "out")

    assert boxes(mended, "a") == [[10, 20, 30, 30], [50, 10, 70, 20]]
    assert boxes(mended, "b") == [[0, 0, 40, 20], [60, 30, 100, 50]]
    assert boxes(folder, "a") == [[10, 20, 30, 30]]
    assert [path.read_bytes() for path in mended.val] == [path.read_bytes() for path in folder.val]


def test_a_box_is_replaced(folder: Folder, tmp_path: Path) -> None:
    changes = {"a.jpg": Change(drop=[(10, 20, 20, 10)], add=[(12, 21, 16, 8)])}

    assert boxes(mend(folder, changes, tmp_path / "out"), "a") == [[12, 21, 28, 29]]


def test_doing_it_twice_changes_nothing_more(folder: Folder, tmp_path: Path) -> None:
    changes = {"a.jpg": Change(add=[(50, 10, 20, 10)])}
    first = boxes(mend(folder, changes, tmp_path / "out"), "a")

    assert boxes(mend(folder, changes, tmp_path / "out"), "a") == first


def test_a_label_to_drop_that_is_not_there_is_named(folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.jpg: no label at \(40, 20, 20, 10\) to drop"):
        mend(folder, {"a.jpg": Change(drop=[(40, 20, 20, 10)])}, tmp_path / "out")


def test_the_list_in_the_repository_can_be_read() -> None:
    changes = read_changes()

    assert sum(len(change.add) for change in changes.values()) > 300
    assert all(width > 4 and height > 2 for change in changes.values() for _, _, width, height in change.add)


@pytest.mark.parametrize("row", ["add,a.jpg,1,2,x,4", "more,a.jpg,1,2,3,4", "add,a.jpg,1,2"])
def test_a_wrong_row_is_named(row: str, tmp_path: Path) -> None:
    path = tmp_path / "changes.csv"
    path.write_text(f"change,file,x,y,width,height\n{row}\n", encoding="utf-8")

    with pytest.raises(InputError, match=r"changes\.csv, line 2: needs change \(add or drop\)"):
        read_changes(path)


def test_the_changes_fit_the_shared_folder(shared_data: Path) -> None:
    root = shared_data / "det"

    missing = [name for name in read_changes() if not (root / "images" / name).exists()]

    assert missing == []
