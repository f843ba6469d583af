# SPDX-License-Identifier: AGPL-3.0-or-later
"""Annotated image: the reads and rejections of an image drawn into a copy of it, for people."""

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.camera.area import Area
from anpr.reader.plates.plate_reader import ReadResult

_READ = (60, 200, 60)
_REJECTED = (60, 120, 240)
_REGION = (230, 150, 40)
_MASK = (128, 128, 128)


def annotate(image: Image, result: ReadResult, area: Area | None = None) -> Image:
    """A copy of `image` (height × width × 3) with plates and their texts in green, rejected detections and their
    reasons in orange, the camera's regions in blue and its masks in grey.
    """
    drawn = image.copy()
    for polygons, colour in ((area.regions, _REGION), (area.masks, _MASK)) if area else ():
        for polygon in polygons:
            corners = np.rint(np.array(polygon.points) * (image.shape[1] - 1, image.shape[0] - 1)).astype(np.int32)
            cv2.polylines(drawn, [corners], True, colour, max(1, image.shape[1] // 640))
    for one in result.rejected:
        _draw(drawn, one.box, one.reason.value, _REJECTED)
    for read in result.accepted:
        _draw(drawn, read.box, f"{read.text} {read.confidence:.0%}", _READ)
    return drawn


def _draw(image: Image, box: Box, label: str, colour: tuple[int, int, int]) -> None:
    size = max(0.4, image.shape[1] / 1600)
    thick = max(1, round(size * 2))
    corner, opposite = (round(box.x), round(box.y)), (round(box.x + box.w), round(box.y + box.h))
    cv2.rectangle(image, corner, opposite, colour, thick)
    plain = label.translate(str.maketrans("ÄÖÜ", "AOU"))  # OpenCV's letters are ASCII only
    above = (corner[0], max(round(24 * size), corner[1] - 4))
    cv2.putText(image, plain, above, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)
