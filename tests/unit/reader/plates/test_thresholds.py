# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each refusal has its reason."""

import pytest

from anpr.domain.read import Box
from anpr.domain.reasons import Drop
from anpr.reader.detect import Detection
from anpr.reader.plates.thresholds import Thresholds

THRESHOLDS = Thresholds(min_score=0.25, min_confidence=0.4)


@pytest.mark.parametrize(
    ("w", "h", "score", "reason"),
    [
        (120, 30, 0.9, None),
        (120, 30, 0.25, None),
        (120, 30, 0.24, Drop.PLATE_LOW_SCORE),
        (27, 20, 0.9, Drop.PLATE_TOO_SMALL),
        (60, 8, 0.9, Drop.PLATE_TOO_SMALL),
        (300, 30, 0.9, Drop.PLATE_SHAPE),
        (40, 80, 0.9, Drop.PLATE_SHAPE),
        (60, 60, 0.9, None),
    ],
)
def test_detections(w: float, h: float, score: float, reason: Drop | None) -> None:
    assert THRESHOLDS.detection_fault(Detection(box=Box(x=0, y=0, w=w, h=h), score=score)) is reason


@pytest.mark.parametrize(
    ("text", "confidence", "reason"),
    [
        ("AB123CD", 0.9, None),
        ("AB123CD", 0.39, Drop.READ_LOW_CONFIDENCE),
        ("OAKW00D", 0.89, Drop.READ_WORD),
        ("OAKW00D", 0.9, None),
        ("OAKW00D", 0.2, Drop.READ_LOW_CONFIDENCE),
        ("", 0.9, Drop.PLATE_NO_TEXT),
        ("A1", 0.9, Drop.PLATE_NO_TEXT),
        ("POLIZIA", 0.9, Drop.PLATE_NO_TEXT),
        ("POLIZIAH1234", 0.9, None),
        ("20261121101500", 0.9, Drop.PLATE_NO_TEXT),
    ],
)
def test_texts(text: str, confidence: float, reason: Drop | None) -> None:
    assert THRESHOLDS.text_fault(text, confidence) is reason


@pytest.mark.parametrize(
    ("score", "plate", "reason"),
    [
        (0.9, 0.1, None),
        (0.12, 0.99, None),
        (0.3, 0.2, None),
        (0.3, 0.05, Drop.PLATE_LOW_SCORE),
        (0.24, 0.5, Drop.PLATE_LOW_SCORE),
        (0.12, 0.5, Drop.PLATE_LOW_SCORE),
        (0.9, 0.001, Drop.PLATE_LOW_SCORE),
    ],
)
def test_detector_and_corner_network_are_heard_together(score: float, plate: float, reason: Drop | None) -> None:
    detection = Detection(box=Box(x=0, y=0, w=120, h=30), score=score)

    assert THRESHOLDS.plate_fault(detection, plate) is reason
