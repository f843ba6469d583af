# SPDX-License-Identifier: AGPL-3.0-or-later
"""The soak's driver on a real reader process, for seconds."""

import csv
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from scripts.reliability.soak.clips import as_camera_clip
from scripts.reliability.soak.run import Plan, soak
from tests.support.streets import write_street


def film(path: Path, street: Path) -> Path:
    """Three seconds, with B-frames: the street comes down the picture."""
    image = cv2.imread(str(street))
    assert image is not None
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=10, options={"preset": "veryfast", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuv420p"
        for step in range(30):
            moved = np.asarray(np.roll(image, 4 * step - 60, axis=0), np.uint8)
            written.mux(stream.encode(av.VideoFrame.from_ndarray(moved, format="bgr24")))
        written.mux(stream.encode(None))
    return path


@pytest.mark.timeout(600)
def test_a_reader_is_watched_while_it_reads(tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", write_street(tmp_path / "street.png", "AB123CD").path)
    clip = tmp_path / "clips" / "film.mp4"
    clip.parent.mkdir()
    as_camera_clip(source, clip)
    samples, delivered = soak(tmp_path, [clip], Plan(lasts=15, warm_up=0, every=1), tmp_path / "samples.csv")
    last = samples[-1]
    assert last.looks > 0
    assert last.reads > 0
    assert delivered >= last.transits >= 1
    assert last.rss_mb > 100
    assert (last.falls, last.model_errors, last.faults) == (0, 0, 0)
    with (tmp_path / "samples.csv").open(newline="") as file:
        assert [float(row["at_s"]) for row in csv.DictReader(file)] == [sample.at_s for sample in samples]
