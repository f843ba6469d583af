# SPDX-License-Identifier: AGPL-3.0-or-later
"""Corners as geometry."""

import numpy as np
import pytest

from anpr.domain.read import Box
from anpr.reader.rectify.quad import grown, homography, hull, is_convex, lean, mapped, quad_of, sides

BOX = Box(x=10, y=20, w=100, h=25)


def test_an_upright_box_is_its_own_hull() -> None:
    assert hull(quad_of(BOX)) == BOX
    assert sides(quad_of(BOX)) == (100, 25)
    assert lean(quad_of(BOX)) == 0


def test_a_turned_plate_leans() -> None:
    turn = np.array([(np.cos(0.2), -np.sin(0.2), 0), (np.sin(0.2), np.cos(0.2), 0), (0, 0, 1)])

    assert lean(mapped(quad_of(BOX).astype(float), turn)) == pytest.approx(np.degrees(0.2), abs=0.01)


def test_corners_in_another_order_are_no_plate() -> None:
    quad = quad_of(BOX)

    assert is_convex(quad)
    assert not is_convex(quad[[0, 2, 1, 3]])
    assert not is_convex(quad[::-1].copy())


def test_a_plate_grows_on_its_own_plane() -> None:
    assert grown(quad_of(BOX), 0.1, 0.2) == pytest.approx(quad_of(Box(x=0, y=15, w=120, h=35)))

    narrowing = np.array([(0, 0), (100, 10), (100, 30), (0, 40)], np.float32)
    wider = grown(narrowing, 0.1, 0.0)
    assert wider[0, 0] < 0
    assert wider[3, 1] - wider[0, 1] > 40, "the near side is higher still, a step nearer"


def test_a_homography_takes_the_corners_to_the_corners() -> None:
    source = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    target = np.array([(3, 4), (90, 10), (80, 40), (5, 30)], float)

    assert mapped(source, homography(source, target)) == pytest.approx(target, abs=1e-4)


def test_three_corners_on_a_line_have_none() -> None:
    source = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)

    with pytest.raises(np.linalg.LinAlgError):
        homography(source[[0, 0, 0, 0]], source)
