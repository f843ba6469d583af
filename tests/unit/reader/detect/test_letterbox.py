# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images into the network's frame, boxes back out."""

import numpy as np
import pytest

from anpr.reader.detect.letterbox import letterbox, shrunk
from anpr.reader.network.model_card import NetworkInput

SQUARE = NetworkInput(width=64, height=64, colour="RGB", scale=1 / 255, pad_value=114)


@pytest.mark.parametrize("size", [(36, 64), (720, 1280), (1110, 888), (20, 300), (9, 9)])
def test_the_whole_picture_lies_in_the_frame(size: tuple[int, int]) -> None:
    image = np.full((*size, 3), 200, np.uint8)

    blob, placement = letterbox(image, SQUARE)

    assert blob.shape == (1, 3, 64, 64)
    assert blob.dtype == np.float32
    inside = np.isclose(blob[0, 0], 200 / 255, atol=0.02)
    w, h = round(size[1] * placement.scale), round(size[0] * placement.scale)
    assert inside.sum() == max(1, w) * max(1, h)
    assert np.allclose(blob[0, 0][~inside], 114 / 255)


@pytest.mark.parametrize("size", [(720, 1280), (1110, 888), (40, 64)])
def test_a_box_comes_back_where_it_was(size: tuple[int, int]) -> None:
    height, width = size
    _, placement = letterbox(np.zeros((height, width, 3), np.uint8), SQUARE)
    there = np.array([[0.1 * width, 0.2 * height, 0.5 * width, 0.9 * height]], np.float32)
    shift = np.array([placement.left, placement.top, placement.left, placement.top], np.float32)

    back = placement.to_picture(there * placement.scale + shift)

    assert np.allclose(back, there, atol=0.01)


def test_boxes_are_cut_at_the_edges_of_the_picture() -> None:
    _, placement = letterbox(np.zeros((32, 64, 3), np.uint8), SQUARE)

    back = placement.to_picture(np.array([[-50, -50, 500, 500]], np.float32))

    assert back.tolist() == [[0, 0, 64, 32]]


def test_shrinking_keeps_fine_stripes_grey() -> None:
    """Skipping rows instead of averaging them would turn stripes into black or white."""
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[::2] = 255

    small = shrunk(stripes, 64, 64)

    assert small.shape == (64, 64, 3)
    assert abs(int(small.mean()) - 127) < 5
    assert small.std() < 5
