# SPDX-License-Identifier: AGPL-3.0-or-later
"""The passes in a video file."""

from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.errors import MediaError
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.transit import ImageRole
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_reader import Found
from anpr.reader.video import read_video
from anpr.runtime.clock import ManualClock
from anpr.settings import ReaderSettings

PLATES = ["AB123CD", "EF456GH"]
LEVELS = [100, 180]


def film(path: Path) -> Path:
    """Two seconds of each vehicle, whose grey tells which it is, and 1.5 s of black road between, at 20 fps."""
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=20, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        levels = [LEVELS[0]] * 40 + [0] * 30 + [LEVELS[1]] * 40 + [0] * 30
        for index, level in enumerate(levels):
            picture = av.VideoFrame.from_ndarray(np.full((240, 320, 3), level, np.uint8), format="bgr24")
            picture.pts, picture.time_base = index, Fraction(1, 20)
            written.mux(stream.encode(picture))
        written.mux(stream.encode(None))
    return path


class GreyLooker:
    """Reads the plate that the grey of an image stands for."""

    def __init__(self) -> None:
        self.reads = 0

    def find(self, image: Image) -> Found:
        seen = image.mean() > 50
        return Found(detections=(Detection(box=Box(x=100, y=100, w=90, h=20), score=0.9),) if seen else (), rejected=())

    def read_box(self, image: Image, detection: Detection, _: int) -> PlateRead:
        self.reads += 1
        text = PLATES[int(abs(image.mean() - LEVELS[0]) > abs(image.mean() - LEVELS[1]))]
        return PlateRead(
            text=text,
            raw=text,
            confidence=0.95,
            box=detection.box,
            detector_score=0.9,
            candidates=(Candidate(text=text, probability=0.95),),
        )


def test_each_vehicle_once_with_its_frames(tmp_path: Path, clock: ManualClock) -> None:
    start, plate_finder = clock.now(), GreyLooker()
    passes = list(read_video(film(tmp_path / "film.mp4"), plate_finder, ReaderSettings(id="reader-7"), clock))
    assert [one.transit.plate for one in passes] == PLATES
    assert [one.first_frame for one in passes] == [0, 70]
    assert all(one.first_frame <= one.last_frame < one.first_frame + 40 for one in passes)
    assert passes[1].transit.first_seen == start + timedelta(seconds=3.5)
    assert {one.transit.reader_id for one in passes} == {"reader-7"}
    assert all(set(one.images) == {ImageRole.PLATE, ImageRole.CONTEXT} for one in passes)
    assert plate_finder.reads < 40, "a settled plate is not read in every frame"


def test_a_cut_off_file_gives_what_it_held_and_then_an_error(tmp_path: Path, clock: ManualClock) -> None:
    content = film(tmp_path / "film.mkv").read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(content[: len(content) * 7 // 10])
    seen: list[str] = []
    with pytest.raises(MediaError, match=r"cut\.mkv"):
        seen.extend(one.transit.plate for one in read_video(cut, GreyLooker(), ReaderSettings(), clock))
    assert seen[:1] == PLATES[:1]


@pytest.mark.parametrize(("name", "content"), [("empty.mp4", b""), ("text.mp4", b"not a film\n" * 99)])
def test_a_file_that_is_no_film_is_named(tmp_path: Path, clock: ManualClock, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=name):
        list(read_video(tmp_path / name, GreyLooker(), ReaderSettings(), clock))
