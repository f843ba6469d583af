# SPDX-License-Identifier: AGPL-3.0-or-later
"""Picture or video is decided by what a file holds before its name."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from anpr.capture.media import open_video
from anpr.capture.media_kind import holds_video
from anpr.runtime.clock import ManualClock
from tests.support.clips import FRAMES, write_clip


@pytest.mark.parametrize("name", ["export.264", "export.h264", "export.dav", "export.xyz", "export"])
def test_raw_h264_is_a_video_under_any_name(name: str, tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / name
    path.write_bytes(write_clip(tmp_path / "raw.h264").read_bytes())
    assert holds_video(path)
    assert len(list(open_video(path, clock))) == FRAMES


def test_raw_h265_is_a_video_without_a_known_suffix(tmp_path: Path, clock: ManualClock) -> None:
    path = write_clip(tmp_path / "raw.hevc", "libx265", frames=30).rename(tmp_path / "export.bin")
    assert holds_video(path)
    assert len(list(open_video(path, clock))) == 30


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tiff", ".webp", ".bmp"])
def test_a_picture_is_one_under_any_name(suffix: str, tmp_path: Path) -> None:
    image = np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    for name in ("a.jfif", "a.mp4", "a.dav", "a"):
        if suffix == ".bmp" and name in {"a.mp4", "a.dav"}:
            continue  # two letters at the beginning say too little against a suffix
        path = tmp_path / name
        path.write_bytes(cv2.imencode(suffix, image)[1].tobytes())
        assert not holds_video(path), name


def test_what_is_neither_is_left_to_the_reader_of_pictures(tmp_path: Path) -> None:
    for name, content in (
        ("notes.txt", b"a text, not a film\n" * 99),
        ("empty", b""),
        ("a.heic", b"\0\0\0\x18ftypheic"),
    ):
        (tmp_path / name).write_bytes(content)
        assert not holds_video(tmp_path / name), name
    assert not holds_video(tmp_path / "missing")
    assert not holds_video(tmp_path)


def test_a_video_keeps_its_suffix_when_its_beginning_is_lost(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"nothing that a decoder knows")
    assert holds_video(tmp_path / "clip.mp4")


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert not holds_video(path)
