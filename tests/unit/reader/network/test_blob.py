# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pixels as a network takes them."""

import numpy as np

from anpr.reader.network.blob import to_blob
from anpr.reader.network.model_card import NetworkInput

SQUARE = NetworkInput(width=64, height=64, colour="RGB", scale=1 / 255, pad_value=114)


def test_colour_order_scale_and_offset_are_the_cards() -> None:
    blue = np.zeros((64, 64, 3), np.uint8)
    blue[:, :, 0] = 255

    rgb = to_blob(blue, SQUARE)
    bgr = to_blob(blue, NetworkInput(width=64, height=64, colour="BGR", scale=2 / 255, offset=1.0))

    assert rgb[0, :, 0, 0].tolist() == [0, 0, 1]
    assert np.allclose(bgr[0, :, 0, 0], [1, -1, -1], atol=1e-6)


def test_pixels_stay_as_they_are_where_the_network_takes_them() -> None:
    blue = np.zeros((64, 64, 3), np.uint8)
    blue[:, :, 0] = 200

    blob = to_blob(blue, SQUARE.model_copy(update={"values": "pixels"}))

    assert blob.dtype == np.uint8
    assert blob.shape == (1, 3, 64, 64)
    assert blob[0, :, 0, 0].tolist() == [0, 0, 200]
