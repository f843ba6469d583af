# SPDX-License-Identifier: AGPL-3.0-or-later
"""Letterbox, network, decode together, with a network that finds a bright square."""

import numpy as np

from anpr.reader.detect.detector import NetworkDetector, as_detections
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import NetworkInput

INPUT = NetworkInput(width=128, height=128, colour="RGB", scale=1 / 255)


class BrightSquare:
    """Answers with the box of what is bright in the blob, and with a weak box elsewhere."""

    def run(self, blob: Blob) -> np.ndarray:
        ys, xs = np.nonzero(blob[0, 0] > 0.9)
        x1, x2, y1, y2 = xs.min(), xs.max() + 1, ys.min(), ys.max() + 1
        found = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9]
        return np.array([found, [100, 100, 10, 5, 0.05]], np.float32).T[None]


def test_a_detection_is_in_px_of_the_picture() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[200:240, 300:460] = 255

    (detection,) = NetworkDetector(BrightSquare(), INPUT, least_score=0.1).detect(image)

    assert abs(detection.box.x - 300) < 6
    assert abs(detection.box.y - 200) < 6
    assert abs(detection.box.w - 160) < 10
    assert abs(detection.box.h - 40) < 10
    assert round(detection.score, 3) == 0.9


def test_boxes_without_an_area_are_left_out() -> None:
    boxes = np.array([[5, 5, 5, 9], [0, 0, 20, 10]], np.float32)

    assert len(as_detections(boxes, np.array([0.9, 0.8], np.float32))) == 1
