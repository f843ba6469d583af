# SPDX-License-Identifier: AGPL-3.0-or-later
"""Boxes that could not be read are tried less and less, and again when they come nearer."""

from anpr.reader.camera.unreadable import UnreadableCache
from tests.unit.reader.assemble.scenes import box_at


def tries(places: UnreadableCache, widths: list[float], fps: float = 25) -> list[int]:
    """The frames in which a box that always fails is tried."""
    tried = []
    for index, width in enumerate(widths):
        box = box_at(600, 300, width)
        if places.wants_read(box, index / fps):
            tried.append(index)
            places.failed(box, index / fps)
    return tried


def test_a_standing_sign_costs_two_tries_a_second() -> None:
    tried = tries(UnreadableCache(), [100.0] * 250)
    assert tried[:5] == [0, 1, 2, 3, 4]
    assert 18 <= len(tried) <= 26


def test_a_plate_that_comes_nearer_is_tried_at_each_step() -> None:
    tried = tries(UnreadableCache(), [30 * 1.02**step for step in range(100)])
    assert len(tried) >= 35


def test_another_place_is_none_of_its_business() -> None:
    places = UnreadableCache()
    tries(places, [100.0] * 10)
    assert places.wants_read(box_at(900, 300), 0.4)


def test_a_success_and_a_pause_wipe_the_slate() -> None:
    places, box = UnreadableCache(), box_at(600, 300)
    tries(places, [100.0] * 10)
    assert not places.wants_read(box, 0.4)
    places.succeeded(box, 0.4)
    assert places.wants_read(box, 0.44)
    tries(places, [100.0] * 10)
    assert places.wants_read(box, 9.0)
    assert places.wants_read(box, 0.0), "a stream that starts again"


def test_it_stays_small() -> None:
    places = UnreadableCache()
    for _ in range(10):
        places.failed(box_at(0, 900), 0.0)
    assert not places.wants_read(box_at(0, 900), 0.2)
    for number in range(200):
        places.failed(box_at(100 * number, 300), 0.001 * number)
    assert places.wants_read(box_at(0, 900), 0.2), "the oldest place is forgotten"
