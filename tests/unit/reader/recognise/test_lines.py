# SPDX-License-Identifier: AGPL-3.0-or-later
"""One line or two, and where to cut."""

import numpy as np
import pytest

from anpr.drawing.plate import draw_plate
from anpr.reader.recognise.lines import line_counts, quiet_row, split_lines


@pytest.mark.parametrize(
    ("height", "width", "counts"),
    [(110, 520, (1,)), (110, 360, (1,)), (214, 297, (2,)), (177, 177, (2,)), (50, 100, (2, 1))],
)
def test_shape_tells_the_number_of_lines(height: int, width: int, counts: tuple[int, ...]) -> None:
    assert line_counts(height, width) == counts


@pytest.mark.parametrize("kind", ["it_square", "it_motorcycle", "it_moped", "ch_square", "it_old_black_square"])
def test_the_cut_lies_between_the_lines(kind: str) -> None:
    for seed in range(6):
        drawn = draw_plate(kind, rng=np.random.default_rng(seed))
        x1, y1, x2, y2 = drawn.rect
        plate = drawn.image[y1:y2, x1:x2]

        row = quiet_row(plate)
        upper, lower = split_lines(plate)

        dark = np.asarray(plate.max(axis=2) < 90)[:, plate.shape[1] // 5 : -plate.shape[1] // 5]
        light = dark if dark.mean() < 0.5 else ~dark
        assert light[row].mean() < 0.05, seed
        assert 0.3 * plate.shape[0] < upper.shape[0] < 0.75 * plate.shape[0]
        assert upper.shape[0] + lower.shape[0] >= plate.shape[0]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (9, 9), (3, 40)])
def test_tiny_pictures_can_be_cut(size: tuple[int, int]) -> None:
    upper, lower = split_lines(np.zeros((*size, 3), np.uint8))

    assert upper.size
    assert lower.size
