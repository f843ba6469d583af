# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates read level: lines by what the network says, bands painted and not."""

from collections.abc import Sequence

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate
from anpr.drawing import PlateStyle, draw_plate
from anpr.reader.recognise import Reading
from anpr.reader.recognise.bands import Painted
from anpr.reader.rectify.corners import Corners
from anpr.reader.rectify.look import UNSURE, LevelReader, Placed
from anpr.reader.rectify.quad import quad_of

BOX = Box(x=100, y=60, w=260, h=55)


class Finds:
    """Finds these corners in whatever box."""

    def __init__(self, corners: Corners | None) -> None:
        self._corners = corners

    def find(self, image: Image, box: Box) -> Corners | None:  # noqa: ARG002
        return self._corners


class Lines:
    """Reads nothing that matters, and keeps what it was given."""

    def __init__(self) -> None:
        self.asked: list[list[Painted]] = []

    def read_lines(self, lines: Sequence[Painted]) -> Reading:
        self.asked.append(list(lines))
        sure = 0.6 if len(lines) == 1 else 0.9
        return Reading(
            raw="AB123CD",
            confidence=sure,
            positions=(),
            candidates=(Candidate(text="AB123CD", probability=sure),),
            lines=len(lines),
        )


def street(kind: str = "it_car") -> Image:
    plate = draw_plate(kind, rng=np.random.default_rng(1), style=PlateStyle(px_per_mm=0.5)).image
    image = np.full((200, 480, 3), 60, np.uint8)
    image[60 : 60 + plate.shape[0], 100 : 100 + plate.shape[1]] = plate
    return image


def corners(two_lines: float = 0.0, spread: float = 6.0, box: Box = BOX) -> Corners:
    return Corners(quad=quad_of(box), spread=spread, plate=0.99, two_lines=two_lines)


def placed(found: Corners) -> tuple[Placed, Lines]:
    reader = Lines()
    made = LevelReader(Finds(found), reader).place(street(), BOX)
    assert made is not None
    return made, reader


def test_a_plate_is_read_without_its_bands_and_in_doubt_with_them() -> None:
    plate, reader = placed(corners())

    assert plate.read().lines == 1
    assert [[line.left for line in lines] for lines in reader.asked] == [[True]]

    assert len(list(plate.read_otherwise())) == 2
    assert [[line.left for line in lines] for lines in reader.asked[1:]] == [[True], [False]]


@pytest.mark.parametrize(("two_lines", "lines"), [(0.99, 2), (0.5, 2), (0.01, 1)])
def test_lines_are_what_the_network_says_and_both_are_tried_where_it_does_not(two_lines: float, lines: int) -> None:
    plate, _ = placed(corners(two_lines))

    assert plate.read().lines == lines


def test_corners_spread_over_the_view_are_not_read_by() -> None:
    assert placed(corners(spread=UNSURE - 1))[0].is_sure
    assert not placed(corners(spread=UNSURE + 1))[0].is_sure


def test_no_quadrilateral_is_no_place() -> None:
    assert LevelReader(Finds(None), Lines()).place(street(), BOX) is None


@pytest.mark.parametrize(
    ("x", "cut"), [(100, False), (10, False), (0, True), (-30, True), (210, False), (220, True), (240, True)]
)
def test_a_plate_at_or_beyond_the_pictures_edge_is_cut(x: float, cut: bool) -> None:
    assert placed(corners(box=Box(x=x, y=60, w=260, h=55)))[0].is_cut is cut
