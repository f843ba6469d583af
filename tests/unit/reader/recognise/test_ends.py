# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bands of a level plate."""

import numpy as np
import pytest

from anpr.drawing import PlateStyle, draw_plate
from anpr.reader.recognise.ends import without_bands


def drawn(kind: str) -> np.ndarray:
    return draw_plate(kind, rng=np.random.default_rng(3), style=PlateStyle(year="21", province="FI")).image


def is_blue(column: np.ndarray) -> bool:
    return bool(column[:, 0].mean() > column[:, 2].mean() + 60)


@pytest.mark.parametrize("kind", ["it_car", "it_car_front", "it_trailer"])
def test_both_bands_go_and_the_text_stays(kind: str) -> None:
    plate = drawn(kind)

    painted = without_bands(plate)

    assert painted.left
    assert painted.right
    assert not is_blue(painted.image[:, 4])
    assert not is_blue(painted.image[:, -5])
    inner = slice(plate.shape[1] // 7, -(plate.shape[1] // 7))
    assert (painted.image[:, inner] == plate[:, inner]).all()


def test_a_plate_with_one_band_keeps_its_other_end() -> None:
    plate = drawn("de_car")

    painted = without_bands(plate)

    assert (painted.left, painted.right) == (True, False)
    assert (painted.image[:, plate.shape[1] // 2 :] == plate[:, plate.shape[1] // 2 :]).all()


def test_blue_bodywork_beside_a_plate_without_bands_is_left() -> None:
    plate = drawn("it_car_1994")
    plate[:, : plate.shape[1] // 4] = (160, 70, 20)

    painted = without_bands(plate)

    assert not painted.left
    assert painted.image is plate
