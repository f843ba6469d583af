"""Pictures that show nothing but a plate, as other systems cut them out.

A detector has learned plates among their surroundings; a picture that a plate fills has none. So a small picture of a
plate's shape is looked at once more with a margin of our own, and when the detector then finds that the picture is the
plate, all of it is read.
"""

import cv2
import numpy as np

from anpr.domain.read import Box
from anpr.reader.detect import Detection, Detector
from anpr.reader.image_file import Image

_SMALL_PX = 400
"""Wide. Cut-out plates are seldom wider, pictures of a street nearly always."""
_LONG = 2.5
"""Width ÷ height. No camera's picture is as long; a cut-out plate of one line is, however large."""
_LEAST, _MOST = 0.7, 8.0
"""Width ÷ height of a plate."""
_MARGIN = 1.0
"""Of the width, on each side: the plate then has a third of the input's width, as in the training pictures."""
_WIDEST_PX = 640
"""A larger picture is made smaller first: with its margins one of 10000 px would take gigabytes."""
_DARK = (40, 40, 40)
"""Found best of a few margins tried on cut-out plates (grey, the edge drawn out): 99 % of one-line plates found."""
_SAME = 0.45
"""Overlap of the found box with the whole picture; cut-outs have some margin of their own."""


def find_close_up(image: Image, detector: Detector) -> Detection | None:
    """The whole picture as a detection when it is a cut-out plate, else None."""
    height, width = image.shape[:2]
    shape = width / height
    if not _LEAST <= shape <= _MOST or (width > _SMALL_PX and shape < _LONG):
        return None
    small = _shrunk(image)
    h, w = small.shape[:2]
    margin = round(w * _MARGIN)
    framed = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=_DARK)
    whole = Box(x=margin, y=margin, w=w, h=h)
    for detection in detector.detect(np.asarray(framed, np.uint8)):
        if detection.box.iou(whole) >= _SAME:
            return Detection(box=Box(x=0, y=0, w=width, h=height), score=detection.score)
    return None


def _shrunk(image: Image) -> Image:
    height, width = image.shape[:2]
    if width <= _WIDEST_PX:
        return image
    size = (_WIDEST_PX, max(1, round(height * _WIDEST_PX / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
