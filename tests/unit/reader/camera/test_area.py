# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which plates of a camera's image are read."""

import numpy as np
import pytest

from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box
from anpr.domain.reasons import Drop
from anpr.reader.camera.area import Area
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found, Rejected

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


def region(left: float, top: float, right: float, bottom: float) -> Polygon:
    return Polygon(((left, top), (right, top), (right, bottom), (left, bottom)))


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        ((), (0, 0, 1920, 1080)),
        ((region(0, 0, 1, 0.5),), (0, 0, 1920, 1080)),
        # A third of the image, wherever it lies: its own shape, never beyond the image.
        ((region(0.4, 0.4, 0.6, 0.6),), (614, 346, 691, 388)),
        ((region(0.0, 0.0, 0.2, 0.2),), (0, 0, 640, 360)),
        ((region(0.8, 0.8, 1.0, 1.0),), (1280, 720, 640, 360)),
        # Several regions are seen together, and a narrow one as high as the image's shape asks.
        ((region(0.1, 0.5, 0.2, 0.6), region(0.5, 0.6, 0.6, 0.7)), (38, 292, 1267, 712)),
    ],
)
def test_the_part_around_the_regions_is_looked_at(
    regions: tuple[Polygon, ...], expected: tuple[int, int, int, int]
) -> None:
    view = Area(regions=regions).bounds(1920, 1080)
    assert (view.x, view.y, view.w, view.h) == expected


def test_small_pictures_are_not_enlarged() -> None:
    view = Area(regions=(region(0.4, 0.4, 0.6, 0.6),)).bounds(640, 480)
    assert (view.w, view.h) == (640, 480)


def test_what_is_found_in_the_part_lies_in_the_whole_picture() -> None:
    near = Detection(box=Box(x=300, y=150, w=90, h=20), score=0.9)
    low = Rejected(box=Box(x=5, y=5, w=90, h=20), score=0.1, reason=Drop.PLATE_LOW_SCORE)
    area = Area(regions=(region(0.4, 0.4, 0.6, 0.6),))

    view = area.crop(np.zeros((1080, 1920, 3), np.uint8))
    found = area.keep(Found(detections=(near,), rejected=(low,)), view)

    assert view.image.shape == (388, 691, 3)
    assert [one.box for one in found.detections] == [Box(x=914, y=496, w=90, h=20)]
    assert [one.box for one in found.rejected] == [Box(x=619, y=351, w=90, h=20)]


def test_what_is_left_out_is_among_the_rejected() -> None:
    good, outside = Detection(box=box(100, 300), score=0.9), Detection(box=box(600, 300), score=0.8)
    before = Rejected(box=box(300, 300), score=0.1, reason=Drop.PLATE_LOW_SCORE)
    area = Area(masks=(Polygon(((0.5, 0), (1, 0), (1, 1), (0.5, 1))),))
    found = area.keep(
        Found(detections=(good, outside), rejected=(before,)), area.crop(np.zeros((480, 640, 3), np.uint8))
    )
    assert found.detections == (good,)
    left_out = Rejected(box=outside.box, score=0.8, reason=Drop.PLATE_MASKED)
    assert found.rejected == (before, left_out)
