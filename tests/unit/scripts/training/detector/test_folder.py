# SPDX-License-Identifier: AGPL-3.0-or-later
"""The data folder: what is read, and how a wrong one is named."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.domain.errors import InputError, MediaError
from scripts.training.detector.folder import read_folder, read_labels, read_picture


def write_folder(root: Path, manifest: str, pictures: tuple[str, ...] = ("a.jpg", "b.jpg")) -> Path:
    (root / "images").mkdir()
    for name in pictures:
        cv2.imwrite(str(root / "images" / name), np.zeros((20, 40, 3), np.uint8))
    (root / "manifest.csv").write_text(manifest, encoding="utf-8")
    return root


def test_splits(tmp_path: Path) -> None:
    folder = read_folder(write_folder(tmp_path, "file,split\na.jpg,train\nb.jpg,val\n"))
    assert [p.name for p in folder.train] == ["a.jpg"]
    assert [p.name for p in folder.val] == ["b.jpg"]
    assert folder.labels == tmp_path / "labels"


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("file,split\na.jpg,train\nc.jpg,val\n", r"line 3: no picture .*c\.jpg"),
        ("file,split\na.jpg,test\n", "line 2: needs a file and a split"),
        ("name,part\na.jpg,train\n", "line 2: needs a file and a split"),
        ("file,split\na.jpg,train\n", "no picture of the split val"),
    ],
)
def test_wrong_manifest_is_named(tmp_path: Path, manifest: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_folder(write_folder(tmp_path, manifest))


def test_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no manifest"):
        read_folder(tmp_path)


def test_labels_become_corners_in_px(tmp_path: Path) -> None:
    label = tmp_path / "a.txt"
    label.write_text("0 0.5 0.5 0.2 0.1\n", encoding="ascii")
    assert read_labels(label, 100, 200).tolist() == [pytest.approx([40, 90, 60, 110])]
    assert read_labels(tmp_path / "absent.txt", 100, 200).shape == (0, 4)


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.2\n", "0 a b c d\n"])
def test_wrong_label_is_named(tmp_path: Path, text: str) -> None:
    label = tmp_path / "a.txt"
    label.write_text(text, encoding="ascii")
    with pytest.raises(InputError, match=r"a\.txt"):
        read_labels(label, 100, 200)


def test_unreadable_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"a\.jpg"):
        read_picture(tmp_path / "a.jpg")
