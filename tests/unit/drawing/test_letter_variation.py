# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other hands: the same letters, still told apart."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from anpr.drawing.letter_variation import strokes_by
from anpr.drawing.letters import STROKES, Stroke, draw_strokes, strokes_of


def drawn(strokes: tuple[Stroke, ...]) -> np.ndarray:
    mask = np.zeros((80, 50), np.uint8)
    draw_strokes(mask, strokes, (5, 5, 40, 70), 6.0)
    return cv2.GaussianBlur(mask, (0, 0), 1.5).astype(float) / 255


@pytest.mark.parametrize("hand", range(12))
def test_characters_of_one_hand_differ_from_each_other(hand: int) -> None:
    masks = {character: drawn(strokes_by(hand, character)) for character in STROKES}

    for a, b in combinations(masks, 2):
        if {a, b} != {"0", "O"}:
            assert np.abs(masks[a] - masks[b]).sum() > 40, f"{a} and {b} look alike"


def test_a_hand_keeps_its_shapes_and_hands_differ() -> None:
    assert strokes_by(3, "G") == strokes_by(3, "G")
    assert strokes_by(3, "G") != strokes_by(4, "G")
    assert strokes_by(3, "G") != strokes_of("G")


@pytest.mark.parametrize("hand", range(12))
def test_letters_fill_their_box_and_bars_stay_level(hand: int) -> None:
    for character in STROKES:
        ours = [corner for stroke in strokes_of(character) for corner in stroke]
        theirs = [corner for stroke in strokes_by(hand, character) for corner in stroke]
        for (x, y, *_), (there_x, there_y, *_) in zip(ours, theirs, strict=True):
            assert there_x == x if x in {0, 1} else 0 <= there_x <= 1
            assert there_y == y if y in {0, 1} else there_y == pytest.approx(y, abs=0.6)
    (_, bar) = strokes_by(hand, "A")
    assert bar[0][1] == bar[1][1]


def test_an_unknown_character_is_refused() -> None:
    with pytest.raises(KeyError):
        strokes_by(1, "?")
