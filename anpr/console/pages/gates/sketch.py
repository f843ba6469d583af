# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sketch map: gates at their places, north up, with a scale; drawn from coordinates alone, without any background.

Equirectangular projection about the middle: over the 50 km of a province it is off by less than a hundredth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from anpr.console.pages.gates.rows import ListedGate
from anpr.domain.gate import Gate

WIDTH, HEIGHT = 960, 520
"""px of the drawing."""
_MARGIN = 70
_METRES_A_DEGREE = 111_320.0
"""Of a great circle (mean radius of the earth)."""
_LEAST_M = 400.0
"""A single gate, or several at one place, is shown with so much around it."""
_SCALE_PX = 220
_LETTER_PX, _LINE_PX, _DOT_PX = 8.5, 18.0, 9.0
_MOST_LETTERS = 28


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A gate on the sketch; `label` is None where there is no room for its name."""

    listed: ListedGate
    x: float
    y: float
    label: str | None
    anchor: str
    """Of the label: start, end or middle (SVG's text-anchor)."""
    label_x: float
    label_y: float
    is_here: bool
    """Whether it is the gate that the page is about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sketch:
    """Marks, and the length of the scale in px and in metres."""

    marks: tuple[Mark, ...]
    scale_px: float
    scale_m: int
    unplaced: int
    """Gates without coordinates."""

    @property
    def unlabelled(self) -> int:
        """Marks without a name beside them."""
        return sum(mark.label is None for mark in self.marks)


_Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def sketch_of(gates: Sequence[ListedGate], here: str | None = None) -> Sketch | None:
    """The gates that have coordinates; None when none has. `here`: the gate that is marked, and named first."""
    placed = sorted((one for one in gates if _has_place(one.gate)), key=lambda one: one.gate.id != here)
    if not placed:
        return None
    metres = _projected([one.gate for one in placed])
    px_a_metre = _fitting(metres)
    points = _points(metres, px_a_metre)
    scale_m = _round_length(_SCALE_PX / px_a_metre)
    return Sketch(
        marks=_marks(placed, points, here),
        scale_px=scale_m * px_a_metre,
        scale_m=scale_m,
        unplaced=len(gates) - len(placed),
    )


def _has_place(gate: Gate) -> bool:
    return gate.latitude is not None and gate.longitude is not None


def _projected(gates: Sequence[Gate]) -> list[tuple[float, float]]:
    """Metres east and south of an arbitrary point."""
    places = [(gate.latitude or 0.0, gate.longitude or 0.0) for gate in gates]
    middle = sum(latitude for latitude, _ in places) / len(places)
    east = math.cos(math.radians(middle)) * _METRES_A_DEGREE
    return [(longitude * east, -latitude * _METRES_A_DEGREE) for latitude, longitude in places]


def _fitting(metres: Sequence[tuple[float, float]]) -> float:
    east, south = [x for x, _ in metres], [y for _, y in metres]
    wide, high = max(max(east) - min(east), _LEAST_M), max(max(south) - min(south), _LEAST_M)
    return min((WIDTH - 2 * _MARGIN) / wide, (HEIGHT - 2 * _MARGIN) / high)


def _points(metres: Sequence[tuple[float, float]], px_a_metre: float) -> list[tuple[float, float]]:
    middle = [(max(side) + min(side)) / 2 for side in zip(*metres, strict=True)]
    return [(WIDTH / 2 + (x - middle[0]) * px_a_metre, HEIGHT / 2 + (y - middle[1]) * px_a_metre) for x, y in metres]


def _round_length(metres: float) -> int:
    """The largest of 1, 2 and 5 with zeros that is no longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return max(1, round(max(digit * power for digit in (1, 2, 5) if digit * power <= metres)))


class _Taken:
    """Boxes that are taken, by the lines of text that they touch: two hundred names are tried at four sides each."""

    def __init__(self) -> None:
        self._lines: dict[int, list[_Box]] = {}

    def add(self, box: _Box) -> None:
        for line in self._touched(box):
            self._lines.setdefault(line, []).append(box)

    def has_room(self, box: _Box) -> bool:
        """Whether it lies within the drawing and on none that is taken."""
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > WIDTH or bottom > HEIGHT:
            return False
        return not any(
            left < far and near < right and top < low and high < bottom
            for line in self._touched(box)
            for near, high, far, low in self._lines.get(line, ())
        )

    @staticmethod
    def _touched(box: _Box) -> range:
        return range(int(box[1] // _LINE_PX), int(box[3] // _LINE_PX) + 1)


def _marks(gates: Sequence[ListedGate], points: Sequence[tuple[float, float]], here: str | None) -> tuple[Mark, ...]:
    taken = _Taken()
    for x, y in points:
        taken.add((x - _DOT_PX, y - _DOT_PX, x + _DOT_PX, y + _DOT_PX))
    return tuple(
        _mark(one, point, taken, is_here=one.gate.id == here) for one, point in zip(gates, points, strict=True)
    )


def _mark(one: ListedGate, point: tuple[float, float], taken: _Taken, *, is_here: bool) -> Mark:
    """The mark, named at the first side that has room; the room is taken then. Where the page is about it, it is
    named over other marks too."""
    x, y = point
    text = _shortened(one.gate.name)
    for anchor, label_x, label_y in _sides(x, y):
        box = _box_of(text, anchor, label_x, label_y)
        if taken.has_room(box) or (is_here and _Taken().has_room(box)):
            taken.add(box)
            return Mark(
                listed=one, x=x, y=y, label=text, anchor=anchor, label_x=label_x, label_y=label_y, is_here=is_here
            )
    return Mark(listed=one, x=x, y=y, label=None, anchor="start", label_x=x, label_y=y, is_here=is_here)


def _shortened(name: str) -> str:
    return name if len(name) <= _MOST_LETTERS else f"{name[: _MOST_LETTERS - 1].rstrip()}…"


def _sides(x: float, y: float) -> list[tuple[str, float, float]]:
    """Right, left, above and below of the mark: the anchor of a text there, and its place."""
    gap, middle = _DOT_PX + 4, _LINE_PX / 4
    return [
        ("start", x + gap, y + middle),
        ("end", x - gap, y + middle),
        ("middle", x, y - gap),
        ("middle", x, y + gap + _LINE_PX - middle),
    ]


def _box_of(text: str, anchor: str, x: float, y: float) -> _Box:
    wide = len(text) * _LETTER_PX
    left = {"start": x, "end": x - wide, "middle": x - wide / 2}[anchor]
    return left, y - _LINE_PX * 3 / 4, left + wide, y + _LINE_PX / 4
