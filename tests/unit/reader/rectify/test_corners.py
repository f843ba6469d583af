# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is made of a corner network's output."""

import numpy as np
import numpy.typing as npt
import pytest

from anpr.domain.errors import ModelError
from anpr.domain.read import Box
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import NetworkInput
from anpr.reader.rectify.corners import NetworkCornerFinder
from anpr.reader.rectify.quad import quad_of

WANTED = NetworkInput(width=160, height=112, colour="RGB", scale=1 / 255, pad_value=114)
STREET = np.zeros((720, 1280, 3), np.uint8)
BOX = Box(x=300, y=400, w=100, h=25)


class Says:
    """Answers with this row, whatever it is shown."""

    def __init__(self, *row: float) -> None:
        self._row = row
        self.shapes: list[tuple[int, ...]] = []

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        self.shapes.append(blob.shape)
        return np.array([self._row], np.float32)


LEVEL = (33.0, 44.0, 127.0, 44.0, 127.0, 68.0, 33.0, 68.0)


def test_corners_come_back_in_px_of_the_picture() -> None:
    network = Says(*LEVEL, 1.2, 0.6, 0.6, 0.6, 0.9, 0.1)

    found = NetworkCornerFinder(network, WANTED).find(STREET, BOX)

    assert network.shapes == [(1, 3, 112, 160)]
    assert found is not None
    assert found.quad == pytest.approx(quad_of(BOX), abs=1.2)
    assert found.spread == pytest.approx(1.2)
    assert (found.plate, found.two_lines) == pytest.approx((0.9, 0.1))


def test_corners_that_cross_are_none() -> None:
    crossed = (*LEVEL[2:4], *LEVEL[:2], *LEVEL[4:])

    assert NetworkCornerFinder(Says(*crossed, 1, 1, 1, 1, 1, 0), WANTED).find(STREET, BOX) is None


def test_another_networks_output_is_an_error() -> None:
    with pytest.raises(ModelError, match="corner network"):
        NetworkCornerFinder(Says(1, 2, 3), WANTED).find(STREET, BOX)
