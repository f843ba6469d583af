# SPDX-License-Identifier: AGPL-3.0-or-later
"""The alphabet: complete, inside its box, every character unlike every other."""

import string
from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from anpr.drawing.letters import STROKES, draw_strokes, rounded, strokes_of

EVERY = string.ascii_uppercase + string.digits + "ÄÖÜ-"
SAME = {frozenset("0O")}
"""Italian plates print both alike; their grammar keeps them apart."""


def drawn(character: str, weight: float = 6.0) -> npt.NDArray[np.uint8]:
    mask = np.zeros((80, 50), np.uint8)
    draw_strokes(mask, strokes_of(character), (5, 5, 40, 70), weight)
    return mask


@pytest.mark.parametrize("character", EVERY)
def test_character_draws_inside_its_box(character: str) -> None:
    mask = drawn(character)
    assert mask.max() == 255
    # Square stroke ends of a slanting stroke may stand out of the box by half a stroke.
    outside = mask.copy()
    outside[1:79, 1:49] = 0
    assert outside.max() == 0


def test_characters_differ_from_each_other() -> None:
    masks = {c: cv2.GaussianBlur(drawn(c), (0, 0), 1.5).astype(float) / 255 for c in EVERY}
    for a, b in combinations(EVERY, 2):
        difference = np.abs(masks[a] - masks[b]).sum()
        if frozenset((a, b)) in SAME:
            assert difference == 0
        else:
            assert difference > 60, f"{a} and {b} look alike"


def test_thicker_strokes_cover_more() -> None:
    assert drawn("R", 10).sum() > 1.3 * drawn("R", 6).sum()


def test_rounded_corner_leaves_the_corner_out() -> None:
    path = rounded(((0, 0), (1, 0, 0.5), (1, 1)), (0, 0, 100, 100))
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [100, 100]
    assert np.min(np.hypot(*(path - np.array([100, 0])).T)) > 10


def test_unknown_character_is_refused() -> None:
    assert "?" not in STROKES
    with pytest.raises(KeyError):
        drawn("?")
