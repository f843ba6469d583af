# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera's frames in, transits out."""

import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.area import Polygon
from anpr.domain.gate import Camera
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.assemble import MadeTransit, Origin
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.watch import CameraTotals, Watch, WatchResult
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found, ReadResult
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import AssembleSettings
from tests.unit.reader.assemble.scenes import frame

RIGHT = Polygon(((0.5, 0), (1, 0), (1, 1), (0.5, 1)))


class TwoLanes:
    """A plate on each side of the image, driving down it; the frame's number is in the first pixel."""

    def __init__(self) -> None:
        self.read_at: list[float] = []

    def find(self, image: Image) -> Found:
        boxes = [Box(x=x, y=200 + 10.0 * image[0, 0, 0], w=100, h=22) for x in (200, 900)]
        return Found(detections=tuple(Detection(box=box, score=0.9) for box in boxes), rejected=())

    def read_box(self, image: Image, detection: Detection, _: int) -> PlateRead:
        assert image.shape == (720, 1280, 3)
        self.read_at.append(detection.box.x)
        text = "AB123CD" if detection.box.x < 640 else "EF456GH"
        candidates = (Candidate(text=text, probability=0.95),)
        return PlateRead(
            text=text, raw=text, confidence=0.95, box=detection.box, detector_score=0.9, candidates=candidates
        )


def watched(camera: Camera, plate_finder: TwoLanes) -> list[MadeTransit]:
    """Twenty frames."""
    origin = Origin(camera=camera, gate_id="gate-1", reader_id="reader-1")
    watch = Watch(origin, AssembleSettings(), plate_finder, ManualClock(frame(0).captured_at))
    transits: list[MadeTransit] = []
    for index in range(20):
        image = np.full((720, 1280, 3), 60 + 100 * (index % 2), np.uint8)  # something moves in every frame
        image[0, 0] = index
        transits += watch.add(frame(index / 10, index, image)).transits
    return transits + watch.end()


def drops(camera: Camera, reason: Drop) -> float:
    return REGISTRY.get_sample_value("anpr_drops_total", {"camera": camera.id, "reason": reason}) or 0.0


def test_a_camera_reads_both_lanes() -> None:
    made = watched(Camera(id="watch-both", url="film.mp4"), TwoLanes())
    assert sorted(one.transit.plate for one in made) == ["AB123CD", "EF456GH"]


def test_outside_the_regions_nothing_is_read_and_all_is_counted() -> None:
    camera, plate_finder = Camera(id="watch-region", url="film.mp4", regions=(RIGHT,)), TwoLanes()
    assert [one.transit.plate for one in watched(camera, plate_finder)] == ["EF456GH"]
    assert set(plate_finder.read_at) == {900}
    assert drops(camera, Drop.PLATE_OUTSIDE_REGION) == 20
    assert drops(camera, Drop.PLATE_MASKED) == 0


def test_under_a_mask_nothing_is_read_and_all_is_counted() -> None:
    camera, plate_finder = Camera(id="watch-mask", url="film.mp4", masks=(RIGHT,)), TwoLanes()
    assert [one.transit.plate for one in watched(camera, plate_finder)] == ["AB123CD"]
    assert drops(camera, Drop.PLATE_MASKED) == 20


def test_a_listener_is_told_of_every_frame_read_and_of_tracks_dropped() -> None:
    told: list[tuple[int, int, int]] = []
    dropped: list[tuple[Drop, str | None]] = []

    class Notes:
        def frame_read(self, frame: Frame, result: ReadResult) -> None:
            told.append((frame.index, len(result.accepted), len(result.rejected)))

        def track_dropped(self, reason: Drop, verdict: Verdict | None) -> None:
            dropped.append((reason, verdict.plate if verdict else None))

    origin = Origin(camera=Camera(id="watch-told", url="f.mp4", masks=(RIGHT,)), gate_id="g", reader_id="r")
    watch = Watch(origin, AssembleSettings(), TwoLanes(), ManualClock(frame(0).captured_at), listener=Notes())
    watch.add(frame(0))
    watch.end()
    assert told == [(0, 1, 1)]
    assert dropped == [(Drop.TRACK_TOO_FEW_READS, "AB123CD")]


def test_of_each_frame_it_says_what_it_came_to() -> None:
    clock, blank = ManualClock(frame(0).captured_at), np.zeros((720, 1280, 3), np.uint8)

    class Empty(TwoLanes):
        def find(self, _: Image) -> Found:
            return Found(detections=(), rejected=())

    origin = Origin(camera=Camera(id="watch-said", url="f.mp4"), gate_id="g", reader_id="r")
    empty = Watch(origin, AssembleSettings(), Empty(), clock)
    assert empty.add(frame(0, 0, blank)) == WatchResult(examined=True)
    assert empty.add(frame(0.1, 1, blank)) == WatchResult()  # nothing moved

    busy, totals = TwoLanes(), CameraTotals(frames=5)
    watch = Watch(origin, AssembleSettings(), busy, clock, totals=totals)
    assert watch.add(frame(0, 0, blank)) == WatchResult(examined=True, has_read=True)
    assert totals == CameraTotals(frames=6, plates=2)
