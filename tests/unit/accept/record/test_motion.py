# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moved, and when."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from anpr.accept.record.motion import FoundMotion, MotionDetector
from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.area import Polygon
from tests.support.acceptance import at

_FPS = 10


def frames(length_s: float, vehicles: list[tuple[float, float]], left: int = 0) -> Iterator[Frame]:
    """A grey road of 320 × 240 px; each vehicle (from, until) is a striped box that grows and runs down the image."""
    for number in range(round(length_s * _FPS)):
        at_s = number / _FPS
        image: Image = np.full((240, 320, 3), 100, np.uint8)
        for began, ended in vehicles:
            if began <= at_s < ended:
                way = (at_s - began) / (ended - began)
                side, top = round(20 + 120 * way), round(100 * way)
                image[top : top + side, left + 40 : left + 40 + side] = 220
                image[top : top + side : 16, left + 40 : left + 40 + side] = 20
        yield Frame(camera_id="c", image=image, captured_at=at(at_s), index=number, at_s=at_s)


def events(detector: MotionDetector, film: Iterator[Frame]) -> tuple[list[FoundMotion], list[float]]:
    found, stills = [], []
    for frame in film:
        result = detector.add(frame)
        if result.ended:
            found.append(result.ended)
        if result.wants_still:
            stills.append(frame.at_s)
    last = detector.end()
    return [*found, *([last] if last else [])], stills


def test_an_empty_road_has_no_event() -> None:
    assert events(MotionDetector(), frames(5, [])) == ([], [])


def test_each_vehicle_is_one_event_with_stills_within_it() -> None:
    found, stills = events(MotionDetector(), frames(8, [(1, 3), (5, 7)]))

    first, second = found
    assert at(0.9) <= first.began <= at(1.8)
    assert first.began <= first.peak <= first.ended <= at(3.6)
    assert at(4.9) <= second.began <= at(5.8)
    assert all(later - earlier >= 0.59 for earlier, later in pairwise(stills))
    assert all(any(one.began <= at(still) <= one.ended for one in found) for still in stills)


def test_a_vehicle_close_behind_another_is_an_event_of_its_own() -> None:
    found, _ = events(MotionDetector(), frames(8, [(1, 3), (3.1, 5.1)]))

    assert len(found) == 2


def test_what_moves_under_a_mask_is_no_event() -> None:
    mask = Polygon(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

    assert events(MotionDetector((mask,)), frames(5, [(1, 3)])) == ([], [])


def test_long_motion_is_divided() -> None:
    found, _ = events(MotionDetector(), frames(40, [(start, start + 2) for start in range(1, 38)]))

    assert len(found) >= 3
    assert all((one.ended - one.began).total_seconds() <= 12.1 for one in found)


def test_after_a_gap_without_frames_nothing_is_compared() -> None:
    detector = MotionDetector()
    dark: Image = np.zeros((240, 320, 3), np.uint8)
    before = Frame(camera_id="c", image=dark, captured_at=at(0), index=0, at_s=0.0)
    after = Frame(camera_id="c", image=dark + 200, captured_at=at(60), index=1, at_s=60.0)

    assert not detector.add(before).wants_still
    assert not detector.add(after).wants_still
    assert detector.is_quiet
