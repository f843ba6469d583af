# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damaged recordings: no picture of theirs is read as if it were whole, and the damage is told."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from anpr.capture.decode import Decoder, to_image
from anpr.capture.frame import Frame
from anpr.capture.media import open_video
from anpr.capture.video_damage import WINDOW_S, DamageShare
from anpr.domain.camera_view import HIGH_SHARE
from anpr.domain.errors import MediaError
from anpr.runtime.clock import ManualClock
from tests.support.clips import (
    FRAMES,
    FRAMES_PER_S,
    differs,
    with_changed_bytes,
    with_damaged_picture,
    without_pictures,
    without_ts_packets,
    write_clip,
)

Damage = Callable[[Path, Path, int], Path]


def few_ts_packets_lost(source: Path, target: Path, seed: int) -> Path:
    return without_ts_packets(source, target, 0.01, seed)


def many_ts_packets_lost(source: Path, target: Path, seed: int) -> Path:
    return without_ts_packets(source, target, 0.05, seed)


def few_bytes_changed(source: Path, target: Path, seed: int) -> Path:
    return with_changed_bytes(source, target, 3, seed)


def bytes_changed(source: Path, target: Path, seed: int) -> Path:
    return with_changed_bytes(source, target, 15, seed)


CLIPS = {
    "h264.mp4": ("libx264", 0),
    "h264.ts": ("libx264", 0),
    "h264-b.ts": ("libx264", 2),
    "h265.mp4": ("libx265", 0),
    "h265-b.mp4": ("libx265", 2),
    "h265.ts": ("libx265", 0),
    "mpeg4.mp4": ("mpeg4", 0),
    "mpeg4.ts": ("mpeg4", 0),
    "mjpeg.avi": ("mjpeg", 0),
}


Clip = Callable[[str], Path]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Gives the clip of this name, drawn when it is asked for first."""
    folder = tmp_path_factory.mktemp("clips")

    def draw(name: str) -> Path:
        codec, b_frames = CLIPS[name]
        path = folder / name
        return path if path.exists() else write_clip(path, codec, b_frames=b_frames)

    return draw


def read_all(path: Path, clock: ManualClock) -> tuple[list[Frame], int, str]:
    """The whole frames, how many were left out, and the error after them."""
    frames: list[Frame] = []
    damaged: list[None] = []
    try:
        for frame in open_video(path, clock, on_damaged=lambda: damaged.append(None)):
            frames.append(frame)  # noqa: PERF402  what came before the error is wanted
    except MediaError as exc:
        return frames, len(damaged), str(exc)
    return frames, len(damaged), ""


def decoded(path: Path) -> dict[int | None, tuple[np.ndarray, bool]]:
    """Pixels of each frame by its time stamp, and whether it counts as whole."""
    with av.open(str(path)) as container:
        return {frame.pts: (to_image(frame), is_whole) for frame, is_whole in Decoder(container)}


@pytest.mark.parametrize("name", CLIPS)
def test_a_sound_clip_has_no_damage(name: str, clip: Clip, clock: ManualClock) -> None:
    frames, damaged, error = read_all(clip(name), clock)
    assert (len(frames), damaged, error) == (FRAMES, 0, "")


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("h264.ts", few_ts_packets_lost),
        ("h264.ts", many_ts_packets_lost),
        ("h264-b.ts", many_ts_packets_lost),
        ("h264.mp4", bytes_changed),
        ("mpeg4.ts", many_ts_packets_lost),
        ("mpeg4.mp4", bytes_changed),
    ],
)
def test_no_visibly_damaged_picture_counts_as_whole(name: str, damage: Damage, clip: Clip, tmp_path: Path) -> None:
    sound = decoded(clip(name))
    for seed in (1, 4):
        frames = decoded(damage(clip(name), tmp_path / name, seed))
        known = {pts: one for pts, one in frames.items() if pts in sound}
        seen = {pts for pts, (image, _) in known.items() if differs(image, sound[pts][0])}
        assert seen, "the damage must be there to be missed"
        assert {pts for pts in seen if known[pts][1]} == set()


@pytest.mark.parametrize("name", ["h264.ts", "h264.mp4", "h265.ts", "mpeg4.ts", "mpeg4.mp4"])
def test_damage_is_told_after_what_is_whole_was_read(name: str, clip: Clip, tmp_path: Path, clock: ManualClock) -> None:
    damage = few_ts_packets_lost if name.endswith(".ts") else few_bytes_changed
    frames, damaged, error = read_all(damage(clip(name), tmp_path / name, 4), clock)
    assert 0 < len(frames) < FRAMES
    assert damaged > 0
    assert f"{tmp_path / name}: " in error
    assert f"{damaged} of {len(frames) + damaged} frames are damaged and were not read for plates" in error


def test_what_follows_a_damaged_frame_is_left_out_up_to_the_next_key_frame(
    clip: Clip, tmp_path: Path, clock: ManualClock
) -> None:
    path = with_damaged_picture(clip("mpeg4.mp4"), tmp_path / "damaged.mp4", 20)

    frames, damaged, _ = read_all(path, clock)

    missing = set(range(FRAMES)) - {round(frame.at_s * FRAMES_PER_S) for frame in frames}
    assert missing == set(range(20, 30)), "key frames are 15 and 30"
    assert damaged > 0


@pytest.mark.parametrize("name", ["h265.mp4", "h265-b.mp4"])
def test_pictures_that_the_decoder_leaves_out_for_a_missing_one_are_told(
    name: str, clip: Clip, tmp_path: Path, clock: ManualClock
) -> None:
    path = without_pictures(clip(name), tmp_path / name, {50})
    frames, _, error = read_all(path, clock)
    assert len(frames) < FRAMES - 1
    assert "parts of the video could not be decoded" in error


def test_a_damaged_mjpeg_picture_is_left_out_alone(clip: Clip, tmp_path: Path, clock: ManualClock) -> None:
    path = with_damaged_picture(clip("mjpeg.avi"), tmp_path / "damaged.avi", 20, share=0.25)

    frames, _, error = read_all(path, clock)

    assert len(frames) == FRAMES - 1
    assert "damaged: 1 parts of the video could not be decoded" in error


def feed(share: DamageShare, damaged_each_minute: list[float]) -> list[bool]:
    """Whether the share is high at the end of each minute; 25 frames a second."""
    said = []
    for minute, part in enumerate(damaged_each_minute):
        frames = round(WINDOW_S * 25)
        for number in range(frames):
            share.add(number >= part * frames, WINDOW_S * minute + number / 25)
        share.add(True, WINDOW_S * (minute + 1))
        said.append(share.is_high)
    return said


def test_a_camera_is_damaged_when_it_lasts_and_not_for_one_disturbance() -> None:
    assert feed(DamageShare(), [0.3, 0, 0.3, 0]) == [False] * 4
    assert feed(DamageShare(), [HIGH_SHARE / 2] * 5) == [False] * 5
    assert feed(DamageShare(), [0.3, 0.3, 0.3, 0, 0.3, 0, 0]) == [False, True, True, True, True, True, False]
