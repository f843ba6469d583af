# SPDX-License-Identifier: AGPL-3.0-or-later
"""Level crops: corners come to stand where the margins say, views differ and repeat."""

from collections.abc import Callable

import numpy as np

from scripts.training.recogniser.data.rectified import level, rectified, rectified_drawn
from scripts.training.recogniser.data.samples import CornerPoints

LEANING: CornerPoints = ((50.0, 30.0), (150.0, 50.0), (150.0, 75.0), (50.0, 55.0))


def leaning_plate() -> np.ndarray:
    """A white parallelogram on black, at LEANING."""
    rows, columns = np.mgrid[:120, :200]
    top = 30 + (columns - 50) * 0.2
    inside = (columns >= 50) & (columns < 150) & (rows >= top) & (rows < top + 25)
    return np.repeat(inside[..., None], 3, 2).astype(np.uint8) * 255


def test_a_leaning_plate_is_set_level_and_fills_the_crop_but_for_its_margins() -> None:
    made = level(leaning_plate(), LEANING, np.array([0.1, 0.1, 0.2, 0.2]))

    assert 115 < made.shape[1] < 130
    assert 33 < made.shape[0] < 37
    assert made[9:26, 16:-16].min() > 200
    assert made[:2].max() < 60
    assert made[:, :6].max() < 60


def test_a_picture_without_corners_is_left_as_it_is() -> None:
    image = leaning_plate()

    assert level(image, None) is image


def test_views_repeat_for_the_same_chance_and_differ_otherwise() -> None:
    image = leaning_plate()
    makers: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
        lambda rng: rectified(image, LEANING, rng),
        lambda rng: rectified(image, None, rng, lines=2),
        lambda rng: rectified_drawn(image, rng),
    )
    for make in makers:
        one, two, other = (make(np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert np.array_equal(one, two)
        assert not np.array_equal(one, other)
        assert min(one.shape[:2]) >= 6
