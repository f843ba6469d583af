# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that show nothing but a plate."""

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.detect import Detection
from anpr.reader.plates.close_up import find_close_up, from_further


class MiddleDetector:
    """Finds a plate in the middle third of whatever it is shown, as a framed close-up has it."""

    def __init__(self) -> None:
        self.shown: tuple[int, ...] = ()

    def detect(self, image: Image) -> list[Detection]:
        self.shown = image.shape
        height, width = image.shape[:2]
        plate = Box(x=width / 3, y=width / 3, w=width / 3, h=max(1.0, height - 2 * width / 3))
        return [Detection(box=plate, score=0.9)]


@pytest.mark.parametrize("size", [(120, 30), (400, 400), (5000, 900), (9000, 1500)])
def test_the_whole_picture_is_the_plate_however_large(size: tuple[int, int]) -> None:
    detector = MiddleDetector()
    found = find_close_up(np.zeros((size[1], size[0], 3), np.uint8), detector)
    assert found is not None
    assert (found.box.x, found.box.y, found.box.w, found.box.h) == (0, 0, *size)
    assert detector.shown[1] <= 3 * 640, "a margin of its own width around 10000 px would take gigabytes"


@pytest.mark.parametrize("size", [(1280, 720), (10_000, 1), (1, 10_000), (1, 2)])
def test_what_is_not_shaped_as_a_plate_is_not_tried(size: tuple[int, int]) -> None:
    detector = MiddleDetector()
    assert find_close_up(np.zeros((size[1], size[0], 3), np.uint8), detector) is None
    assert detector.shown == ()


class PartsDetector:
    """Of an image that a plate fills sees a part, and all of it once it stands further away."""

    def __init__(self, whole_score: float) -> None:
        self.whole_score = whole_score
        self.looks = 0

    def detect(self, image: Image) -> list[Detection]:
        self.looks += 1
        width = image.shape[1]
        framed = Box(x=width * 0.3, y=width * 0.4, w=width / 3, h=80)
        return [Detection(box=framed, score=self.whole_score), Detection(box=Box(x=0, y=0, w=50, h=20), score=0.1)]


PART = Detection(box=Box(x=300, y=50, w=300, h=120), score=0.3)
PICTURE = np.zeros((300, 600, 3), np.uint8)


def test_a_plate_too_large_for_one_look_is_looked_at_from_further_away() -> None:
    (whole,) = from_further(PICTURE, [PART], PartsDetector(0.8))

    assert whole.score == 0.8
    assert whole.box.x == 0, "in 1800 px with margins it begins at 540, and the picture at 600"
    assert whole.box.w == pytest.approx(540)
    assert whole.box.y + whole.box.h <= 300


def test_the_surer_look_counts() -> None:
    assert from_further(PICTURE, [PART], PartsDetector(0.2)) == [PART]


@pytest.mark.parametrize("found", [[], [Detection(box=Box(x=10, y=10, w=200, h=50), score=0.9)]])
def test_a_street_is_looked_at_once(found: list[Detection]) -> None:
    detector = PartsDetector(0.99)

    assert from_further(PICTURE, found, detector) == found
    assert detector.looks == 0


@pytest.mark.parametrize(("size", "box", "whole"), [
    ((200, 50), Box(x=0, y=0, w=127, h=50), True),
    ((200, 50), Box(x=20, y=8, w=127, h=34), False),
    ((90, 50), Box(x=0, y=0, w=60, h=50), False),
    ((1280, 40), Box(x=0, y=0, w=127, h=40), False),
])  # fmt: skip
def test_part_of_a_plate_as_high_as_its_long_picture_is_all_of_it(size: tuple[int, int], box: Box, whole: bool) -> None:
    part = Detection(box=box, score=0.4)
    picture = np.zeros((size[1], size[0], 3), np.uint8)

    (found,) = from_further(picture, [part], PartsDetector(0.2))

    assert found.score == 0.4
    assert found.box == (Box(x=0, y=0, w=size[0], h=size[1]) if whole else box)
