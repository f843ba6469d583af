# SPDX-License-Identifier: AGPL-3.0-or-later
"""Examination of frames: plates with their widths, what was turned down, the frame that shows most."""

from datetime import UTC, datetime

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.capture.source import RawFrame
from anpr.domain.area import Polygon
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.camera.area import Area
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found, PlateReader, ReadResult, Rejected
from anpr.reader.probe.examination import Examination


def frame(level: int = 100) -> RawFrame:
    image = np.full((240, 320, 3), level, np.uint8)
    return RawFrame(size=(320, 240), captured_at=datetime(2026, 11, 28, tzinfo=UTC), at_s=0.0, image=lambda: image)


class Reader:
    """Finds one box of a given width in each image; its text is told beforehand, None: too small to be read."""

    def __init__(self, *looks: tuple[str | None, float]) -> None:
        self.looks = list(looks)
        self.built = 0

    def build(self) -> PlateReader:
        self.built += 1
        return self  # type: ignore[return-value]

    def find(self, _: Image) -> Found:
        text, width = self.looks[0]
        box = Box(x=10, y=10, w=width, h=20)
        if text is None:
            self.looks.pop(0)
            return Found(detections=(), rejected=(Rejected(box=box, score=0.9, reason=Drop.PLATE_TOO_SMALL),))
        return Found(detections=(Detection(box=box, score=0.9),), rejected=())

    def read_found(self, _: Image, found: Found) -> ReadResult:
        reads = []
        for one in found.detections:
            text = self.looks.pop(0)[0] or ""
            likely = (Candidate(text=text, probability=0.9),)
            reads.append(
                PlateRead(text=text, raw=text, confidence=0.9, box=one.box, detector_score=0.9, candidates=likely)
            )
        return ReadResult(accepted=tuple(reads), rejected=found.rejected)


def examined(reader: Reader, area: Area | None = None) -> Examination:
    seen = Examination(reader.build, area or Area())
    for _ in range(len(reader.looks)):
        seen.add(frame())
    return seen


def test_a_plate_is_kept_once_with_its_widths() -> None:
    reader = Reader(("CD456EF", 60), ("AB123CD", 62), ("AB123CD", 80))
    seen = examined(reader)
    assert [(one.text, one.frames, one.widths) for one in seen.plates] == [
        ("AB123CD", 2, [62, 80]),
        ("CD456EF", 1, [60]),
    ]
    assert (seen.frames, seen.frames_with_plates, reader.built) == (3, 3, 1)


def test_what_is_too_small_is_kept_with_its_width() -> None:
    seen = examined(Reader((None, 20), (None, 24)))
    assert seen.plates == ()
    assert seen.too_small == [20, 24]
    assert seen.rejected == {Drop.PLATE_TOO_SMALL: 2}


def test_plates_outside_the_regions_are_turned_down() -> None:
    area = Area(regions=(Polygon(((0.5, 0.5), (1.0, 0.5), (1.0, 1.0))),))
    reader = Reader(("AB123CD", 60))
    seen = examined(reader, area)
    assert seen.plates == ()
    assert seen.rejected == {Drop.PLATE_OUTSIDE_REGION: 1}


def test_plates_beyond_the_most_are_counted() -> None:
    seen = examined(Reader(*((f"AB{number:03d}CD", 60.0) for number in range(52))))
    assert len(seen.plates) == 50
    assert seen.unlisted == 2


def test_the_picture_is_the_frame_whose_plate_shows_most() -> None:
    seen = Examination(Reader(("AB123CD", 60), ("AB123CD", 100), ("AB123CD", 70)).build, Area())
    for level in (50, 120, 200):
        seen.add(frame(level))
    assert seen.picture is not None
    assert seen.picture[200, 300].tolist() == [120, 120, 120]


def test_before_the_first_frame_nothing_is_known() -> None:
    seen = Examination(Reader().build, Area())
    assert (seen.picture, seen.middle, seen.bright, seen.sharpness) == (None, None, None, None)


def test_brightness_is_the_median_of_the_frames() -> None:
    seen = Examination(Reader(*[("AB123CD", 60.0)] * 3).build, Area())
    for level in (50, 120, 200):
        seen.add(frame(level))
    assert seen.middle == pytest.approx(120)
    assert seen.bright == pytest.approx(120)
    assert seen.sharpness is None, "a flat grey shows nothing"
