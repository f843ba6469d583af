# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polygons in a camera's image, in fractions of its width and height, so that they hold at any resolution."""

from dataclasses import dataclass
from itertools import combinations

Point = tuple[float, float]
"""x from the left and y from the top, each 0 to 1."""

_LEAST_AREA = 1e-4
"""Share of the image: less is a line drawn by mistake."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """A simple polygon: corners in order, the last joined to the first. Its border belongs to it.

    Raises ValueError for fewer than 3 corners, a corner outside the image, crossing sides or no area.
    """

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.points) < 3:
            raise ValueError(f"a polygon has at least 3 corners, not {len(self.points)}")
        for x, y in self.points:
            if not (0 <= x <= 1 and 0 <= y <= 1):
                raise ValueError(f"the corner [{x:g}, {y:g}] lies outside the picture: both are fractions, 0 to 1")
        for one, other in combinations(self._edges(), 2):
            if _cross(*one, *other):
                raise ValueError(f"the sides from {_text(one[0])} and from {_text(other[0])} cross")
        if self.area < _LEAST_AREA:
            raise ValueError("the polygon covers nothing: its corners lie on one line")

    @property
    def area(self) -> float:
        """Share of the whole image, 0 to 1 (Gauss's shoelace formula)."""
        return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in self._edges())) / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies in it: a ray to the right crosses its border an odd number of times."""
        inside = False
        for (x1, y1), (x2, y2) in self._edges():
            if _is_on((x, y), (x1, y1), (x2, y2)):
                return True
            if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
                inside = not inside
        return inside

    def _edges(self) -> list[tuple[Point, Point]]:
        return list(zip(self.points, (*self.points[1:], self.points[0]), strict=True))


def _turn(a: Point, b: Point, c: Point) -> float:
    """Above 0 when the way from a over b to c turns to one side, below 0 to the other, 0 straight on."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _is_on(point: Point, a: Point, b: Point) -> bool:
    between = min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])
    return between and abs(_turn(a, b, point)) < 1e-12


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the two sides share a point that is not an end of both."""
    return _turn(a, b, c) * _turn(a, b, d) < 0 and _turn(c, d, a) * _turn(c, d, b) < 0


def _text(point: Point) -> str:
    return f"[{point[0]:g}, {point[1]:g}]"
