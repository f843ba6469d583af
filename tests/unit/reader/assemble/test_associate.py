# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which plate of a frame belongs to which track."""

import pytest

from anpr.domain.read import Box
from anpr.reader.assemble.associate import associate, one_per_plate
from anpr.reader.assemble.track import Track
from tests.unit.reader.assemble.scenes import START, box_at, frame, read

AT = START.timestamp()


def track(text: str, x: float, y: float = 300, confidence: float = 0.95) -> Track:
    """A plate that stood there for three frames."""
    one = Track(frame(0), read(text, box_at(x, y), confidence), 40)
    for index in (1, 2):
        one.read(frame(index / 25, index), read(text, box_at(x, y), confidence))
    return one


def test_position_decides_where_texts_say_nothing() -> None:
    left, right = track("AB123CD", 300), track("EF456GH", 700)
    seen = [(box_at(705, 304), None), (box_at(297, 302), None)]
    assert associate([left, right], seen, AT + 0.12) == [right, left]


def test_text_decides_between_plates_close_together() -> None:
    one, other = track("AB123CD", 300), track("EF456GH", 360)
    swapped = [
        (box_at(330, 300), read("EF456GH", box_at(330, 300))),
        (box_at(335, 300), read("AB123CD", box_at(335, 300))),
    ]
    assert associate([one, other], swapped, AT + 0.4) == [other, one]


def test_a_misread_in_the_same_place_is_the_same_plate() -> None:
    one = track("AB123CD", 300)
    box = box_at(303, 301)
    assert associate([one], [(box, read("A8128C", box, 0.5))], AT + 0.12) == [one]


def test_the_same_text_far_away_is_the_same_plate() -> None:
    """At two frames a second a vehicle crosses the image between two frames."""
    one = track("AB123CD", 300, 100)
    box = box_at(900, 650, 180)
    assert associate([one], [(box, read("AB123CD", box))], AT + 0.6) == [one]


@pytest.mark.parametrize("elapsed", [0.5, 0.9])
def test_a_sure_other_text_in_the_same_place_is_the_next_vehicle(elapsed: float) -> None:
    box = box_at(300, 300)
    assert associate([track("AB123CD", 300)], [(box, read("EF456GH", box, 0.95))], AT + 0.08 + elapsed) == [None]


@pytest.mark.parametrize("box", [box_at(900, 300), box_at(300, 300, 300)])
def test_far_away_or_of_another_size_is_another_plate(box: Box) -> None:
    assert associate([track("AB123CD", 300)], [(box, None)], AT + 0.12) == [None]


def test_no_track_is_given_twice() -> None:
    one = track("AB123CD", 300)
    found = associate([one], [(box_at(300, 300), None), (box_at(301, 300), None)], AT + 0.12)
    assert found.count(one) == 1


def test_of_boxes_on_one_plate_the_best_read_stays() -> None:
    plate, part, other = box_at(300, 300, 120), box_at(290, 300, 80), box_at(600, 300, 120)
    reads = [(part, read("B123", part, 0.6)), (plate, read("AB123CD", plate, 0.9)), (other, None), (plate, None)]
    kept = one_per_plate(reads)
    assert [(box, one and one.text) for box, one in kept] == [(plate, "AB123CD"), (other, None)]
