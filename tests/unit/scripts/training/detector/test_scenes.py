# SPDX-License-Identifier: AGPL-3.0-or-later
"""Composed training scenes: repeatable, and labelled where the plates are."""

import cv2
import numpy as np
import pytest

from scripts.training.detector.distractors import distract
from scripts.training.detector.scenes import Image, drawn_street, pasted, perhaps_dark
from scripts.training.detector.swap import swap_plates, without_plate

pytestmark = pytest.mark.slow


def textured(seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).integers(60, 200, (240, 320, 3)).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.uint8)


def test_streets_repeat_and_have_plates_inside() -> None:
    counted = 0
    for seed in range(15):
        scene = drawn_street(np.random.default_rng(seed))
        again = drawn_street(np.random.default_rng(seed))
        assert np.array_equal(scene.image, again.image)
        assert scene.boxes == again.boxes
        height, width = scene.image.shape[:2]
        for x1, y1, x2, y2 in scene.boxes:
            assert 0 <= x1 < x2 <= width
            assert 0 <= y1 < y2 <= height
        counted += len(scene.boxes)
    assert counted >= 10


def test_street_without_plates() -> None:
    assert all(drawn_street(np.random.default_rng(seed), plated=0.0).boxes == () for seed in range(10))


def test_pasted_plates_change_the_picture_in_their_boxes_most() -> None:
    background = textured()
    for seed in range(10):
        scene = pasted(background, np.random.default_rng(seed))
        for x1, y1, x2, y2 in scene.boxes:
            part = (slice(int(y1) + 1, int(y2)), slice(int(x1) + 1, int(x2)))
            assert np.abs(scene.image[part].astype(int) - background[part]).mean() > 8


def test_some_pasted_plates_are_close_up() -> None:
    background = textured()
    widths = [x2 - x1 for seed in range(40) for x1, _, x2, _ in pasted(background, np.random.default_rng(seed)).boxes]

    assert max(widths) > 0.6 * background.shape[1]
    assert min(widths) < 0.1 * background.shape[1]


def test_some_plates_are_bright_on_dark() -> None:
    plate = np.full((20, 60, 3), 230, np.uint8)
    plate[5:15, 10:50] = 20
    made = [perhaps_dark(plate, np.random.default_rng(seed)) for seed in range(100)]

    dark = [one for one in made if one[0, 0].max() < 100]
    assert 5 < len(dark) < 30
    assert all((one[10, 30] > 200).all() for one in dark)
    assert all((one == plate).all() for one in made if one[0, 0].max() >= 100)


def test_swap_keeps_the_place_of_the_plate() -> None:
    image = textured()
    for seed in range(10):
        old = np.array([[100, 100, 200, 125]], np.float32)
        scene = swap_plates(image, old, np.random.default_rng(seed))
        x1, y1, x2, y2 = scene.boxes[0]
        assert abs((x1 + x2) / 2 - 150) < 6
        assert abs((y1 + y2) / 2 - 112) < 12
        assert 70 < x2 - x1 < 125


def test_painted_over_plate_is_gone() -> None:
    image = np.full((100, 200, 3), 90, np.uint8)
    image[40:60, 50:120] = 250
    gone = without_plate(image, (50, 40, 120, 60))
    assert int(gone.max()) < 100
    assert int(image.max()) == 250


def test_distraction_spares_the_plates() -> None:
    image = textured()
    plate = (100.0, 60.0, 220.0, 200.0)
    changed = 0
    for seed in range(20):
        made = distract(image, np.random.default_rng(seed), [plate])
        assert np.array_equal(made[60:200, 100:220], image[60:200, 100:220])
        changed += not np.array_equal(made, image)
    assert changed > 15
