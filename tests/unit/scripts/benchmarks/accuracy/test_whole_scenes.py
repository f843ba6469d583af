# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cut-out plates find the pictures they were cut from."""

import csv
from pathlib import Path

import cv2
import numpy as np
from click.testing import CliRunner

from scripts.benchmarks.accuracy.whole_scenes import main


def _scene(seed: int) -> np.ndarray:
    """Something with a structure of its own; a plate-shaped part of it is like no other."""
    rough = np.random.default_rng(seed).integers(0, 255, (30, 50, 3), dtype=np.uint8)
    return cv2.resize(rough, (500, 300), interpolation=cv2.INTER_CUBIC)


def _folders(root: Path) -> tuple[Path, Path]:
    crops, scenes = root / "crops", root / "scenes"
    for folder in (crops / "images", scenes / "images", scenes / "labels"):
        folder.mkdir(parents=True)
    manifest, labels = ["file,split"], ["file,text,country,lines,split"]
    for number, source in enumerate(["road", "road", "town", "town"]):
        scene, name = _scene(number), f"{source}_{number}"
        cv2.imwrite(str(scenes / "images" / f"{name}.jpg"), scene)
        x, y, w, h = 100 + 40 * number, 60 + 30 * number, 120, 40
        label = f"0 {(x + w / 2) / 500} {(y + h / 2) / 300} {w / 500} {h / 300}\n"
        (scenes / "labels" / f"{name}.txt").write_text(label)
        manifest.append(f"{name}.jpg,{'val' if number else 'train'}")
        # Another size, a slightly other box, another compression.
        crop = cv2.resize(scene[y - 1 : y + h + 1, x - 2 : x + w + 2], (310, 105))
        cv2.imwrite(str(crops / "images" / f"{source}_9{number}.jpg"), crop, [cv2.IMWRITE_JPEG_QUALITY, 60])
        labels.append(f"{source}_9{number}.jpg,AB12{number}CD,IT,1,val")
    cv2.imwrite(str(crops / "images" / "town_99.jpg"), _scene(77)[:40, :120])
    labels.append("town_99.jpg,ZZ999ZZ,IT,1,val")
    (scenes / "manifest.csv").write_text("\n".join(manifest) + "\n")
    (crops / "labels.csv").write_text("\n".join(labels) + "\n")
    return crops, scenes


def test_each_plate_is_found_where_it_was_cut_out_and_a_stranger_is_left_out(tmp_path: Path) -> None:
    crops, scenes = _folders(tmp_path)
    done = CliRunner().invoke(main, [str(crops), str(scenes), str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "4 plates in whole scenes" in done.output
    with (tmp_path / "out" / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["file"], row["plate"]) for row in rows] == [
        ("road_0.jpg", "AB120CD"),
        ("road_1.jpg", "AB121CD"),
        ("town_2.jpg", "AB122CD"),
        ("town_3.jpg", "AB123CD"),
    ]
    assert [float(row["x"]) for row in rows] == [100.0, 140.0, 180.0, 220.0]
    assert all((tmp_path / "out" / row["file"]).is_file() for row in rows)


def test_a_folder_without_labels_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = CliRunner().invoke(main, [str(tmp_path / "empty"), str(tmp_path / "empty"), str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "labels.csv" in done.output
