"""Which plates of a camera's picture are read."""

import numpy as np
import pytest

from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box
from anpr.metrics import Drop
from anpr.reader.area import Area
from anpr.reader.detect import Detection
from anpr.reader.plates import Found, Rejected

LEFT = Polygon(((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
TOP = Polygon(((0, 0), (1, 0), (1, 0.1), (0, 0.1)))
AREA = Area.of(Camera(id="cam-1", url="film.mp4", regions=(LEFT,), masks=(TOP,)))


def box(x: float, y: float) -> Box:
    return Box(x=x - 50, y=y - 10, w=100, h=20)


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (100, 300, None),
        (319, 300, None),
        (330, 300, Drop.PLATE_OUTSIDE_REGION),
        (100, 20, Drop.PLATE_MASKED),
        (400, 20, Drop.PLATE_MASKED),
        (-20, 300, None),
    ],
)
def test_by_the_centre_of_the_plate_at_any_size(x: float, y: float, expected: Drop | None, scale: int) -> None:
    assert AREA.fault(box(x * scale, y * scale), 640 * scale, 480 * scale) is expected


def test_without_any_all_is_read() -> None:
    assert Area().fault(box(5, 5), 640, 480) is None
    assert Area(masks=(TOP,)).fault(box(500, 300), 640, 480) is None


def test_what_is_left_out_is_among_the_rejected() -> None:
    good, outside = Detection(box=box(100, 300), score=0.9), Detection(box=box(600, 300), score=0.8)
    before = Rejected(box=box(300, 300), score=0.1, reason=Drop.PLATE_LOW_SCORE)
    found = AREA.within(Found(detections=(good, outside), rejected=(before,)), np.zeros((480, 640, 3), np.uint8))
    assert found.detections == (good,)
    left_out = Rejected(box=outside.box, score=0.8, reason=Drop.PLATE_OUTSIDE_REGION)
    assert found.rejected == (before, left_out)
