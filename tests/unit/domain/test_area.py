# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polygons in fractions of the picture."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.area import Polygon

LANE = Polygon(((0.4, 0.2), (0.6, 0.2), (0.9, 1.0), (0.1, 1.0)))
HOOK = Polygon(((0, 0), (1, 0), (1, 1), (0.8, 1), (0.8, 0.2), (0, 0.2)))
"""Not convex: a bar at the top and one at the right."""


@pytest.mark.parametrize(
    ("polygon", "point", "expected"),
    [
        (LANE, (0.5, 0.5), True),
        (LANE, (0.5, 0.19), False),
        (LANE, (0.2, 0.5), False),
        (LANE, (0.5, 1.0), True),
        (LANE, (0.4, 0.2), True),
        (HOOK, (0.1, 0.1), True),
        (HOOK, (0.9, 0.9), True),
        (HOOK, (0.5, 0.5), False),
        (HOOK, (0.8, 0.5), True),
        (HOOK, (0.1, 0.2), True),
    ],
)
def test_contains(polygon: Polygon, point: tuple[float, float], expected: bool) -> None:
    assert polygon.contains(*point) is expected


@pytest.mark.parametrize(
    ("points", "complaint"),
    [
        ((), "at least 3 corners, not 0"),
        (((0, 0), (1, 1)), "at least 3 corners, not 2"),
        (((0, 0), (1, 0), (1, 1.2)), r"\[1, 1.2\] lies outside the picture"),
        (((0, 0), (640, 0), (640, 480)), "outside the picture"),
        (((0, 0), (1, 0), (math.nan, 1)), "outside the picture"),
        (((0, 0), (0.5, 0.5), (1, 1)), "covers nothing"),
        (((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)), "covers nothing"),
        (((0, 0), (1, 1), (1, 0), (0, 1)), r"the sides from \[0, 0\] and from \[1, 0\] cross"),
    ],
)
def test_what_is_no_polygon(points: tuple[tuple[float, float], ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Polygon(points)


@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_the_whole_picture_contains_every_point(x: float, y: float) -> None:
    assert Polygon(((0, 0), (1, 0), (1, 1), (0, 1))).contains(x, y)


@given(x=st.floats(0, 1), y=st.floats(0, 1), start=st.integers(0, 5), turned=st.booleans())
def test_neither_the_first_corner_nor_the_direction_matters(x: float, y: float, start: int, turned: bool) -> None:
    points = HOOK.points[start:] + HOOK.points[:start]
    same = Polygon(points[::-1] if turned else points)
    assert same.contains(x, y) is HOOK.contains(x, y)
    assert same.area == pytest.approx(HOOK.area)
