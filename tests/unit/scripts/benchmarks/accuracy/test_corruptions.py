# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pictures changed in one thing: what is read in them is held against the plates where they were."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.evaluate.score import Answer
from anpr.reader.evaluate.truth import LabelledImage, TruePlate
from scripts.benchmarks.accuracy.corruptions import CHANGES, Change, changed, counted, main

PLATE = Box(x=200, y=120, w=120, h=30)


def scene() -> Image:
    image = np.full((300, 500, 3), 90, np.uint8)
    image[120:150, 200:320] = 255
    return image


def bright_part(image: Image, _: LabelledImage) -> list[Answer]:
    """A reader that takes what is bright for the plate."""
    ys, xs = np.nonzero(image[..., 1] > 170)
    box = Box(x=float(xs.min()), y=float(ys.min()), w=float(np.ptp(xs) + 1), h=float(np.ptp(ys) + 1))
    return [Answer(text="AB123CD", box=box)]


def picture_at(path: Path, box: Box = PLATE) -> LabelledImage:
    plate = TruePlate(text="AB123CD", box=box, country="I", subset="s", kind="scene", lines=1)
    return LabelledImage(path=path, plates=(plate,))


@pytest.mark.parametrize("change", [one for one in CHANGES if one.move], ids=lambda one: one.name)
def test_boxes_are_told_where_they_lie_in_the_unchanged_picture(change: Change) -> None:
    (answer,) = changed(bright_part, change)(scene(), picture_at(Path("one.png")))
    middle = (answer.box.x + answer.box.w / 2, answer.box.y + answer.box.h / 2)
    assert middle == pytest.approx((260, 135), abs=2)
    assert answer.box.overlap(PLATE) > 0.8


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.name)
def test_nothing_is_cut_off_and_only_the_first_change_is_none(change: Change) -> None:
    noisy = np.random.default_rng(1).integers(0, 255, (90, 160, 3)).astype(np.uint8)
    other, moved = change.of(noisy)
    corners = np.array([[0, 0], [160, 0], [0, 90], [160, 90]]) @ moved[:, :2].T + moved[:, 2]
    assert corners.min() >= -1e-6
    assert (corners.max(axis=0) <= np.array(other.shape[1::-1]) + 1e-6).all()
    assert (other.shape == noisy.shape and (other == noisy).all()) == (change is CHANGES[0])


def test_plates_too_narrow_to_read_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), scene())
    narrow = picture_at(path, Box(x=200, y=120, w=59, h=30))
    wide, false = counted([picture_at(path), narrow], bright_part, CHANGES[0])
    assert (wide.texts, wide.strict, false) == (1, 1, 0)


def test_a_folder_without_truth_is_told(tmp_path: Path) -> None:
    told = CliRunner().invoke(main, [str(tmp_path)])
    assert told.exit_code == 2
    assert "truth.csv" in told.output
