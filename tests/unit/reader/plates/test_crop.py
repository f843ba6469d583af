# SPDX-License-Identifier: AGPL-3.0-or-later
"""Crops: their margins, and the edges of the image."""

import numpy as np

from anpr.domain.read import Box
from anpr.reader.plates.crop import MARGINS, cut

STREET = np.zeros((720, 1280, 3), np.uint8)


def test_crops_have_a_margin_and_end_at_the_edges() -> None:
    inside = cut(STREET, Box(x=100, y=200, w=200, h=40))
    corner = cut(STREET, Box(x=0, y=0, w=200, h=40))

    assert inside.shape == (46, 230, 3)
    assert corner.shape == (43, 215, 3)


def test_each_turn_has_its_margin_and_turns_go_round() -> None:
    box = Box(x=100, y=200, w=200, h=40)

    widths = [cut(STREET, box, turn).shape[1] for turn in range(len(MARGINS) + 1)]

    assert widths == [230, 210, 250, 230]


def test_a_plate_that_fills_the_picture_is_the_picture() -> None:
    whole = Box(x=0, y=0, w=1280, h=720)

    assert {cut(STREET, whole, turn).shape for turn in range(len(MARGINS))} == {STREET.shape}
