# SPDX-License-Identifier: AGPL-3.0-or-later
"""A plate set level by its corners."""

import cv2
import numpy as np
import pytest

from anpr.drawing import draw_plate, place_on
from anpr.reader.rectify.level import level
from anpr.reader.rectify.quad import Quad

LEANING = np.array([(200, 120), (420, 180), (415, 240), (195, 170)], np.float32)


def scene(quad: Quad, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    plate = draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(1)).image
    ground = np.full((round(360 * scale), round(640 * scale), 3), 90, np.uint8)
    return place_on(ground, plate, [(x * scale, y * scale) for x, y in quad.tolist()])[0], plate


@pytest.mark.parametrize("scale", [1.0, 6.0])
def test_a_leaning_plate_comes_out_as_it_was_drawn(scale: float) -> None:
    image, plate = scene(LEANING, scale)

    made = level(image, LEANING * np.float32(scale), 1, 0.0, 0.0)

    drawn = cv2.resize(plate, (made.shape[1], made.shape[0]), interpolation=cv2.INTER_AREA)
    alike = np.corrcoef(drawn.astype(float).ravel(), made.astype(float).ravel())[0, 1]
    assert alike > 0.9
    assert made.shape[0] <= 128


def test_the_margin_shows_what_is_around() -> None:
    image, _ = scene(LEANING)

    made = level(image, LEANING, 1, 0.1, 0.2)

    assert np.abs(made[:2].astype(int) - 90).max() < 12
    assert np.abs(made[-2:].astype(int) - 90).max() < 12


def test_a_plate_seen_from_the_side_is_drawn_out() -> None:
    image, _ = scene(LEANING)
    narrow = np.array([(100, 100), (140, 104), (140, 140), (100, 142)], np.float32)

    one, two = level(image, narrow, 1), level(image, narrow, 2)

    assert one.shape[1] > 3 * one.shape[0]
    assert two.shape[1] < 1.5 * two.shape[0]


@pytest.mark.parametrize("off", [-5000.0, 5000.0])
def test_corners_beyond_the_picture_draw_its_edge_on(off: float) -> None:
    image, _ = scene(LEANING)

    assert level(image, LEANING + np.float32(off), 1).shape[0] >= 32
