# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips are changed in one thing, and keep their time."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner

from scripts.benchmarks.passes.real import CHANGES, Change, changed, main


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twelve frames that grow brighter, 10 a second."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as written:
        stream = written.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for level in range(12):
            picture = np.full((48, 64, 3), 40 + 10 * level, np.uint8)
            written.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        written.mux(stream.encode(None))
    return path


def _frames(path: Path) -> list[tuple[Fraction, float]]:
    """When each is shown, and how bright it is."""
    with av.open(str(path)) as read:
        return [
            (Fraction(frame.pts or 0) * (frame.time_base or 1), float(frame.to_ndarray(format="gray").mean()))
            for frame in read.decode(video=0)
        ]


def test_frames_that_are_left_keep_their_moments(clip: Path, tmp_path: Path) -> None:
    changed(clip, Change(name="half", keeps=lambda index: index % 2 == 0), tmp_path / "half.mp4")
    before, after = _frames(clip), _frames(tmp_path / "half.mp4")
    assert [at for at, _ in after] == [at for at, _ in before[::2]]


def test_each_change_that_paints_can_be_seen_or_keeps_the_picture_whole(clip: Path, tmp_path: Path) -> None:
    light = {}
    for change in CHANGES:
        changed(clip, change, tmp_path / "out.mp4")
        light[change.name] = [level for _, level in _frames(tmp_path / "out.mp4")]
    assert len(light["as it is"]) == 12
    assert len(light["ten of thirty frames lost in a row"]) == 12, "the first loss comes after twenty"
    assert len(light["a third of the frames"]) == 4
    assert max(light["darker"]) < max(light["as it is"]) < max(light["over-exposed"])


def test_a_folder_without_the_clips_is_an_error_that_names_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, [str(tmp_path), "--only", "grey"])
    assert done.exit_code == 2
    assert "uk_LS15EBC" in done.output
