# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sketch map: gates lie to scale, north up, and names cover neither marks nor one another."""

import math
from itertools import combinations

import pytest

from anpr.console.pages.gates.rows import ListedGate
from anpr.console.pages.gates.sketch import HEIGHT, WIDTH, Mark, Sketch, sketch_of
from anpr.domain.coverage_strip import Look
from anpr.domain.gate import Gate


def listed(name: str, latitude: float | None, longitude: float | None) -> ListedGate:
    gate = Gate(id=name.lower(), name=name, purpose="x", legal_basis="x", latitude=latitude, longitude=longitude)
    return ListedGate(gate=gate, owner="Comune", now=Look.LOOKED, days_left=None)


def drawn(*gates: ListedGate, here: str | None = None) -> Sketch:
    sketch = sketch_of(gates, here)
    assert sketch is not None
    return sketch


def mark(sketch: Sketch, name: str) -> Mark:
    return next(one for one in sketch.marks if one.listed.gate.name == name)


def test_distances_are_to_scale() -> None:
    sketch = drawn(listed("South", 43.77, 11.25), listed("North", 43.78, 11.25), listed("East", 43.77, 11.28))
    px_a_metre = sketch.scale_px / sketch.scale_m
    south, north, east = (mark(sketch, name) for name in ("South", "North", "East"))
    assert (south.y - north.y) / px_a_metre == pytest.approx(1113.2, rel=0.01)
    assert (east.x - south.x) / px_a_metre == pytest.approx(3339.6 * math.cos(math.radians(43.77)), rel=0.01)
    assert north.y < south.y < HEIGHT
    assert east.x > south.x
    assert str(sketch.scale_m).rstrip("0") in {"1", "2", "5"}
    assert 80 <= sketch.scale_px <= 220


@pytest.mark.parametrize("places", [[(43.0, 11.0)], [(43.0, 11.0)] * 3, [(-33.9, 151.2), (-33.8, 151.2)]])
def test_marks_lie_within_the_drawing(places: list[tuple[float, float]]) -> None:
    sketch = drawn(*(listed(f"G{number}", *place) for number, place in enumerate(places)))
    assert all(0 < one.x < WIDTH and 0 < one.y < HEIGHT for one in sketch.marks)


def test_gates_without_coordinates_are_counted() -> None:
    assert drawn(listed("A", 43.0, 11.0), listed("B", None, None)).unplaced == 1
    assert sketch_of([listed("B", None, None), listed("C", 43.0, None)]) is None
    assert sketch_of([]) is None


def test_names_cover_nothing_and_those_without_room_are_counted() -> None:
    gates = [listed(f"Varco {number}", 43.7 + number % 14 / 500, 11.2 + number // 14 / 500) for number in range(200)]
    sketch = drawn(*gates)
    boxes = [box(one) for one in sketch.marks if one.label]
    assert len(boxes) + sketch.unlabelled == 200
    assert not any(touch(one, other) for one, other in combinations(boxes, 2))
    assert not any(touch(one, (m.x - 8, m.y - 8, m.x + 8, m.y + 8)) for one in boxes for m in sketch.marks)


def test_the_gate_that_the_page_is_about_is_named_first_and_marked() -> None:
    gates = [listed(f"G{number}", 43.0, 11.0) for number in range(9)]
    sketch = drawn(*gates, here="g8")
    assert [one.listed.gate.id for one in sketch.marks if one.is_here] == ["g8"]
    assert mark(sketch, "G8").label == "G8"


def test_a_long_name_is_cut() -> None:
    label = mark(drawn(listed("V" * 80, 43.0, 11.0)), "V" * 80).label
    assert label == "V" * 27 + "…"


def box(one: Mark) -> tuple[float, float, float, float]:
    wide = 8 * len(one.label or "")
    left = {"start": one.label_x, "end": one.label_x - wide, "middle": one.label_x - wide / 2}[one.anchor]
    return left, one.label_y - 11, left + wide, one.label_y + 3


def touch(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
