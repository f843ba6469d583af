# SPDX-License-Identifier: AGPL-3.0-or-later
"""The two images of a transit."""

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.domain.transit import ImageRole
from anpr.reader.assemble.best_shot import BestShot, encode_images
from tests.unit.reader.assemble.scenes import frame, read


def decoded(data: bytes) -> Image:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def drawn(width: int, height: int, box: Box) -> Image:
    """A black image with a white plate."""
    image = np.zeros((height, width, 3), np.uint8)
    image[int(box.y) : int(box.y + box.h), int(box.x) : int(box.x + box.w)] = 255
    return image


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (3840, 2160), (640, 480), (1080, 1920)])
def test_the_box_lies_on_the_plate_in_the_context_picture(width: int, height: int) -> None:
    box = Box(x=width * 0.4, y=height * 0.6, w=120, h=36)
    pictures = encode_images(BestShot(frame=frame(0, image=drawn(width, height, box)), read=read("AB123CD", box)))
    context = decoded(pictures.images[ImageRole.CONTEXT])
    assert max(context.shape[:2]) == min(1280, max(width, height))
    found = pictures.box
    inside = context[round(found.y) : round(found.y + found.h), round(found.x) : round(found.x + found.w)]
    assert inside.mean() > 200
    left_of_it = context[round(found.y) : round(found.y + found.h), : round(found.x) - 3]
    assert left_of_it.mean() < 20


def test_the_plate_picture_is_not_scaled() -> None:
    box = Box(x=800, y=600, w=120, h=36)
    pictures = encode_images(BestShot(frame=frame(0, image=drawn(3840, 2160, box)), read=read("AB123CD", box)))
    plate = decoded(pictures.images[ImageRole.PLATE])
    margin = 2 * 0.15 * 36
    assert plate.shape[1] == pytest.approx(120 + margin, abs=2)
    assert plate.shape[0] == pytest.approx(36 + margin, abs=2)
    assert plate.mean() > 128


@pytest.mark.parametrize(
    "box",
    [
        Box(x=-30, y=-10, w=120, h=36),
        Box(x=1230, y=700, w=120, h=36),
        Box(x=2000, y=2000, w=50, h=10),
        Box(x=-500, y=-500, w=50, h=10),
        Box(x=-5, y=-5, w=5000, h=5000),
    ],
)
def test_a_box_that_leaves_the_picture_is_cut(box: Box) -> None:
    pictures = encode_images(BestShot(frame=frame(0), read=read("AB123CD", box)))
    assert 0 <= pictures.box.x < pictures.box.x + pictures.box.w <= 1280
    assert 0 <= pictures.box.y < pictures.box.y + pictures.box.h <= 720
    assert decoded(pictures.images[ImageRole.PLATE]).size > 0
