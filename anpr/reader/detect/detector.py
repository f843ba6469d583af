# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate detector: image to plate boxes, with any network that gives a raw YOLO output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.domain.read import Box
from anpr.reader.detect.decode import decode
from anpr.reader.detect.letterbox import Boxes, letterbox
from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import NetworkInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Detection:
    """A place where a plate may be, with the network's score (0 to 1)."""

    box: Box
    score: float


class Detector(Protocol):
    """Finds plates; one per thread."""

    def detect(self, image: Image) -> list[Detection]:
        """Boxes in px of the image, best score first. Raises ModelError when the network throws."""


class RawNetwork(Protocol):
    """A runtime with the weights loaded."""

    def run(self, blob: Blob) -> npt.NDArray[np.float32]:
        """(1, 4 + classes, n). Raises ModelError."""


class NetworkDetector:
    """Letterbox, network, decode, suppress."""

    def __init__(self, network: RawNetwork, wanted: NetworkInput, least_score: float) -> None:
        self._network = network
        self._input = wanted
        self._least_score = least_score

    def detect(self, image: Image) -> list[Detection]:
        blob, placement = letterbox(image, self._input)
        boxes, scores = decode(self._network.run(blob), self._least_score)
        return as_detections(placement.to_picture(boxes), scores)


def as_detections(boxes: Boxes, scores: npt.NDArray[np.float32]) -> list[Detection]:
    """The boxes (n, 4) that have an area, with their scores (n,)."""
    found = []
    for (x1, y1, x2, y2), score in zip(boxes.tolist(), scores.tolist(), strict=True):
        if x2 - x1 >= 1 and y2 - y1 >= 1:
            found.append(Detection(box=Box(x=x1, y=y1, w=x2 - x1, h=y2 - y1), score=min(1.0, score)))
    return found
