# SPDX-License-Identifier: AGPL-3.0-or-later
"""Boxes and probabilities refuse what cannot be."""

import pytest

from anpr.domain.read import Box, Candidate


def test_iou_of_equal_half_and_apart() -> None:
    box = Box(x=0, y=0, w=10, h=10)
    assert box.iou(box) == 1.0
    assert box.iou(Box(x=5, y=0, w=10, h=10)) == pytest.approx(1 / 3)
    assert box.iou(Box(x=10, y=0, w=10, h=10)) == 0.0


def test_overlap_is_the_part_of_the_smaller_one() -> None:
    big, part = Box(x=0, y=0, w=100, h=20), Box(x=90, y=0, w=20, h=20)
    assert big.overlap(part) == part.overlap(big) == 0.5
    assert big.overlap(Box(x=10, y=5, w=10, h=10)) == 1.0
    assert big.overlap(Box(x=200, y=0, w=10, h=10)) == 0.0


def test_centre_and_area() -> None:
    box = Box(x=10, y=20, w=4, h=2)
    assert box.centre == (12, 21)
    assert box.area == 8


@pytest.mark.parametrize(("w", "h"), [(0, 5), (5, 0), (-1, 5)])
def test_an_empty_box_is_refused(w: float, h: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        Box(x=0, y=0, w=w, h=h)


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_an_impossible_probability_is_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Candidate(text="A", probability=probability)
