# SPDX-License-Identifier: AGPL-3.0-or-later
"""Close-ups: images that show nothing but a plate, as other systems crop them.

A detector has learned plates among their surroundings; an image that a plate fills has none. So a small image of a
plate's shape is looked at once more with a margin of our own, and when the detector then finds that the image is the
plate, all of it is read.
"""

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.detect import Detection, Detector

_SMALL_PX = 400
"""Wide. Cut-out plates are seldom wider, images of a street nearly always."""
_LONG = 2.5
"""Width ÷ height. No camera's image is as long; a cut-out plate of one line is, however large."""
_LEAST, _MOST = 0.7, 8.0
"""Width ÷ height of a plate."""
_MARGIN = 1.0
"""Of the width, on each side: the plate then has a third of the input's width, as in the training images."""
_WIDEST_PX = 640
"""A larger image is made smaller first: with its margins one of 10000 px would take gigabytes."""
_DARK = (40, 40, 40)
"""Found best of a few margins tried on cut-out plates (grey, the edge drawn out): 99 % of one-line plates found."""
_LARGE = 0.45
"""Of the image's width. A plate larger than this fills more of the input than any it was trained on."""
_AS_HIGH = 0.95
"""Of the image's height. Of 2664 cut-out plates three are found only in part, each over the whole height."""
_SAME = 0.45
"""Overlap of the found box with the whole image; cut-outs have some margin of their own."""


def find_close_up(image: Image, detector: Detector) -> Detection | None:
    """The whole image as a detection when it is a cut-out plate, else None."""
    height, width = image.shape[:2]
    if not _LEAST <= width / height <= _MOST or (width > _SMALL_PX and not _is_long(image)):
        return None
    whole = _whole(image)
    for detection in _framed(image, detector):
        if detection.box.iou(whole) >= _SAME:
            return Detection(box=whole, score=detection.score)
    return None


def from_further(image: Image, found: list[Detection], detector: Detector) -> list[Detection]:
    """What was found, or what a look from further away finds where a plate is so large that only parts of it were.

    A plate as high as an image of a plate's shape is all of that image, however little of it was recognised as one.
    """
    if _is_long(image) and found and found[0].box.h >= _AS_HIGH * image.shape[0]:
        return [Detection(box=_whole(image), score=found[0].score)]
    if not found or max(detection.box.w for detection in found) < _LARGE * image.shape[1]:
        return found
    again = [inside for one in _framed(image, detector) if (inside := _inside(one, image)) is not None]
    return again if max((one.score for one in again), default=0.0) > found[0].score else found


def _is_long(image: Image) -> bool:
    height, width = image.shape[:2]
    return bool(_LONG <= width / height <= _MOST)


def _whole(image: Image) -> Box:
    return Box(x=0, y=0, w=image.shape[1], h=image.shape[0])


def _framed(image: Image, detector: Detector) -> list[Detection]:
    """What the detector finds in the image with a margin around it, in px of the image."""
    small = _shrunk(image)
    margin = round(small.shape[1] * _MARGIN)
    framed = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=_DARK)
    larger = image.shape[1] / small.shape[1]
    found = detector.detect(np.asarray(framed, np.uint8))
    return [Detection(box=_unframed(one.box, margin, larger), score=one.score) for one in found]


def _unframed(box: Box, margin: int, larger: float) -> Box:
    return Box(x=(box.x - margin) * larger, y=(box.y - margin) * larger, w=box.w * larger, h=box.h * larger)


def _inside(detection: Detection, image: Image) -> Detection | None:
    """The detection without what lies in the margin; None when nothing is left."""
    height, width = image.shape[:2]
    box = detection.box
    left, top = max(0.0, box.x), max(0.0, box.y)
    w, h = min(box.x + box.w, width) - left, min(box.y + box.h, height) - top
    return Detection(box=Box(x=left, y=top, w=w, h=h), score=detection.score) if w >= 1 and h >= 1 else None


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= _WIDEST_PX:
        return image
    size = (_WIDEST_PX, max(1, round(height * _WIDEST_PX / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
