"""Pictures that show nothing but a plate."""

import numpy as np
import pytest

from anpr.domain.read import Box
from anpr.reader.close_up import find_close_up
from anpr.reader.detect import Detection
from anpr.reader.image_file import Image


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
