# SPDX-License-Identifier: AGPL-3.0-or-later
"""A plate set upright and cut to its largest line."""

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.drawing import draw_plate
from anpr.reader.recognise.straighten import upright


def plate() -> Image:
    return np.asarray(cv2.resize(draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(1)).image, (260, 55)))


def leaning(degrees: float) -> Image:
    """The plate on grey, turned about its middle."""
    scene = np.full((140, 300, 3), 90, np.uint8)
    scene[42:97, 20:280] = plate()
    turn = cv2.getRotationMatrix2D((150, 70), degrees, 1.0)
    return np.asarray(cv2.warpAffine(scene, turn, (300, 140), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("degrees", [-12.0, 0.0, 9.0])
def test_a_leaning_plate_is_cut_to_its_line(degrees: float) -> None:
    line = upright(leaning(degrees)).line

    assert line.shape[1] == 300
    assert 30 <= line.shape[0] <= 70  # the letters are 41 px high


@pytest.mark.parametrize("degrees", [-12.0, 9.0])
def test_a_leaning_plate_is_set_upright_as_a_whole(degrees: float) -> None:
    level = upright(leaning(degrees)).whole

    assert level.shape == (140, 300, 3)
    lit = np.flatnonzero((level > 150).all(axis=2).mean(axis=1) > 0.4)  # rows that the plate's ground fills
    assert 30 <= lit[-1] - lit[0] <= 62  # 55 px of plate; leaning, it would be 80 and more


def test_small_print_above_is_cut_off() -> None:
    tall = np.full((120, 260, 3), 235, np.uint8)
    tall[50:105] = plate()
    cv2.putText(tall, "REGION", (100, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1)

    line = upright(tall).line

    assert line.shape[0] < 75


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (40, 180)])
def test_tiny_and_empty_pictures_do_no_harm(size: tuple[int, int]) -> None:
    line = upright(np.full((*size, 3), 128, np.uint8)).line

    assert line.size > 0
    assert line.shape[1] == size[1]
