# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pixelation: nothing of a plate is left, the rest of the image is."""

import numpy as np

from anpr.domain.read import Box
from anpr.reader.camera.hide_plates import hide_plates, scaled_down


def stripes() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """An image of narrow black and white stripes."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, ::2] = 255
    return image


def test_within_and_around_a_box_only_blocks_are_left() -> None:
    image = stripes()
    hidden = hide_plates(image, [Box(x=50, y=40, w=60, h=20)])
    part = hidden[34:66, 32:128]
    assert len(np.unique(part.reshape(-1, 3), axis=0)) <= 8
    assert 100 < part.mean() < 155
    assert np.array_equal(hidden[:30], image[:30])
    assert np.array_equal(image, stripes()), "the frame itself is as it was"


def test_a_box_beyond_the_image_is_hidden_as_far_as_it_lies_in_it() -> None:
    hidden = hide_plates(stripes(), [Box(x=-20, y=90, w=60, h=40), Box(x=500, y=500, w=10, h=10)])
    assert len(np.unique(hidden[92:, :38].reshape(-1, 3), axis=0)) <= 8


def test_an_image_is_made_small_and_a_small_one_is_left() -> None:
    assert scaled_down(np.zeros((1080, 1920, 3), np.uint8), 800).shape == (450, 800, 3)
    assert scaled_down(stripes(), 800).shape == (100, 200, 3)
