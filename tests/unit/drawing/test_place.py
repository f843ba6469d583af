# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates in scenes: where they land."""

import numpy as np
import pytest

from anpr.domain.errors import InputError
from anpr.drawing import PlateStyle, draw_plate, place_on, tilted_quad

RED = np.full((110, 520, 3), (0, 0, 255), np.uint8)


def grey_scene() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((200, 300, 3), 90, np.uint8)


def test_upright_plate_fills_its_quad_and_nothing_else() -> None:
    scene = grey_scene()
    made, box = place_on(scene, RED, [(50, 60), (150, 60), (150, 90), (50, 90)])
    assert box == (50, 60, 150, 90)
    assert made[75, 100].tolist() == [0, 0, 255]
    changed = np.argwhere(np.any(made != scene, axis=2))
    assert changed.min(axis=0).tolist() >= [59, 49]
    assert (changed.max(axis=0) <= np.array([91, 151])).all()
    assert (scene == 90).all()


def test_box_is_that_of_what_can_be_seen() -> None:
    _, box = place_on(grey_scene(), RED, [(250, 60), (350, 60), (350, 90), (250, 90)])
    assert box == (250, 60, 300, 90)


def test_box_of_the_plate_without_its_frame() -> None:
    plate = draw_plate("it_car", rng=np.random.default_rng(0), style=PlateStyle(frame=True, px_per_mm=1.0))
    height, width = plate.image.shape[:2]
    quad = [(0.0, 0.0), (width / 2, 0.0), (width / 2, height / 2), (0.0, height / 2)]
    _, box = place_on(np.zeros((400, 600, 3), np.uint8), plate.image, quad, plate.rect)
    assert box == pytest.approx([side / 2 for side in plate.rect], abs=0.01)


@pytest.mark.parametrize("quad", [[(0, 0), (1, 1)], [(400, 400), (500, 400), (500, 450), (400, 450)]])
def test_impossible_quad_is_refused(quad: list[tuple[float, float]]) -> None:
    with pytest.raises(InputError):
        place_on(grey_scene(), RED, quad)


def test_tilted_quad_stays_in_its_box() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        corners = np.array(tilted_quad((10, 20, 110, 45), rng, most=0.3))
        assert corners.min(axis=0).tolist() >= [10, 20]
        assert (corners.max(axis=0) <= np.array([110 + 1e-9, 45 + 1e-9])).all()
        assert (corners[1] - corners[0])[0] > 80
