# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads drawn into an image."""

import cv2
import numpy as np

from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.annotate import annotate
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.plate_reader import ReadResult, Rejected


def test_boxes_are_drawn_into_a_copy() -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    box = Box(x=100, y=80, w=120, h=40)
    read = PlateRead(
        text="MÜAB123",
        raw="MÜAB123",
        confidence=0.9,
        box=box,
        detector_score=0.8,
        candidates=(Candidate(text="MÜAB123", probability=0.9),),
    )
    other = Rejected(box=Box(x=300, y=150, w=60, h=30), score=0.1, reason=Drop.PLATE_LOW_SCORE)

    drawn = annotate(image, ReadResult(accepted=(read,), rejected=(other,)))

    assert not image.any()
    assert drawn[100, 100].any()
    assert drawn[165, 300].any()
    assert drawn[:80].any()
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(drawn), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == image.shape
