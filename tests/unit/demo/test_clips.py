# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clips on disk: drawn once, complete, drawn again when the drawing changed."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from anpr.demo import clips
from anpr.demo.film import FRAMES_PER_S, Film
from anpr.demo.traffic import GATES
from anpr.domain.errors import InputError

pytestmark = pytest.mark.slow

# The first four seconds of each gate, with its first vehicle.
SHORT = [replace(scene, length_s=4.0, vehicles=scene.vehicles[:1]) for scene in GATES]


@pytest.fixture(autouse=True)
def short_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "GATES", SHORT)


def test_clips_are_drawn_with_their_truth_and_progress(tmp_path: Path) -> None:
    said: list[str] = []
    paths = clips.ensure_clips(tmp_path / "clips", said.append)
    assert [path.name for path in paths] == ["gate-1.mp4", "gate-2.mp4"]
    for path in paths:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert (stream.width, stream.height) == (1280, 720)
            assert stream.average_rate == Fraction(FRAMES_PER_S)
            packets = [packet for packet in container.demux(stream) if packet.size]
        assert len(packets) == 4 * FRAMES_PER_S
        assert [p.pts for p in packets] == sorted(p.pts or 0 for p in packets), "no B-frames"
    truth = clips.read_truth(tmp_path / "clips" / "truth.csv")
    assert truth == [entry for scene in SHORT for entry in Film(scene).truth()]
    assert said[-1] == "drawing the demo's streets: 100 %"
    assert len(said) == 11


def test_they_are_drawn_once_and_again_for_another_version(tmp_path: Path) -> None:
    paths = clips.ensure_clips(tmp_path)
    written = [path.stat().st_mtime_ns for path in paths]
    said: list[str] = []
    assert clips.ensure_clips(tmp_path, said.append) == paths
    assert said == []
    assert [path.stat().st_mtime_ns for path in paths] == written
    (tmp_path / "version.txt").write_text("an older one\n", encoding="utf-8")
    paths[0].write_bytes(b"")
    clips.ensure_clips(tmp_path, said.append)
    assert said
    assert paths[0].stat().st_size > 0


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="taken: the demo's clips cannot be written"):
        clips.ensure_clips(tmp_path / "taken")


def test_the_same_film_gives_the_same_bytes(tmp_path: Path) -> None:
    scene = replace(SHORT[0], length_s=1.0, vehicles=())
    for name in ("one.mp4", "other.mp4"):
        clips.encode(Film(scene), tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()
