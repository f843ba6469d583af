# SPDX-License-Identifier: AGPL-3.0-or-later
"""Films of flat greys and a plate finder that reads a plate in each grey: a camera for tests without models."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found

FRAMES_PER_S = 10


def write_greys(path: Path, stretches: Sequence[tuple[int, float]]) -> Path:
    """A film of 320 × 240 px: each stretch is a grey level and its length (s)."""
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=FRAMES_PER_S, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        levels = [level for level, seconds in stretches for _ in range(round(seconds * FRAMES_PER_S))]
        for index, level in enumerate(levels):
            image = av.VideoFrame.from_ndarray(np.full((240, 320, 3), level, np.uint8), format="bgr24")
            image.pts, image.time_base = index, Fraction(1, FRAMES_PER_S)
            written.mux(stream.encode(image))
        written.mux(stream.encode(None))
    return path


class GreyReader:
    """Finds a plate in an image whose grey is nearest to one of its levels, and none where that is 30 levels away."""

    def __init__(self, plates: Mapping[int, str]) -> None:
        self._plates = dict(plates)

    def _plate(self, image: Image) -> str | None:
        if not self._plates:
            return None
        level = min(self._plates, key=lambda one: abs(one - image.mean()))
        return self._plates[level] if abs(level - image.mean()) < 30 else None

    def find(self, image: Image) -> Found:
        box = Detection(box=Box(x=100, y=100, w=90, h=20), score=0.9)
        return Found(detections=(box,) if self._plate(image) else (), rejected=())

    def read_box(self, image: Image, detection: Detection, _: int) -> PlateRead:
        text = self._plate(image) or ""
        return PlateRead(
            text=text,
            raw=text,
            confidence=0.95,
            box=detection.box,
            detector_score=0.9,
            candidates=(Candidate(text=text, probability=0.95),),
        )
