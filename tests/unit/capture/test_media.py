# SPDX-License-Identifier: AGPL-3.0-or-later
"""Videos on disk: every frame in order, and no damage in silence."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from anpr.capture.frame import Frame
from anpr.capture.media import is_video, open_video, read_image
from anpr.domain.errors import MediaError
from anpr.runtime.clock import ManualClock

FRAMES = 60
FRAMES_PER_S = 15


def write_video(
    path: Path,
    *,
    frames: int = FRAMES,
    size: tuple[int, int] = (160, 96),
    faststart: bool = True,
    key_every: int = 250,
    from_s: int = 0,
) -> Path:
    """Noise, so that cutting the file anywhere cuts pictures; frame n has a mean grey of about 20 + 3 n."""
    rng = np.random.default_rng(7)
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options={"crf": "18", "g": str(key_every)})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(frames):
            grey = 20 + 3 * number + rng.integers(-15, 16, (size[1], size[0], 1))
            image = np.repeat(np.clip(grey, 0, 255).astype(np.uint8), 3, axis=2)
            frame = av.VideoFrame.from_ndarray(image, "bgr24")
            frame.pts, frame.time_base = number + from_s * FRAMES_PER_S, Fraction(1, FRAMES_PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def read_all(path: Path, clock: ManualClock) -> tuple[list[Frame], str]:
    """The frames, and the error after them."""
    frames = []
    try:
        for frame in open_video(path, clock):
            frames.append(frame)  # noqa: PERF402  what came before the error is wanted
    except MediaError as exc:
        return frames, str(exc)
    return frames, ""


def test_every_frame_comes_once_and_in_order(tmp_path: Path, clock: ManualClock) -> None:
    frames, error = read_all(write_video(tmp_path / "whole.mp4"), clock)
    assert error == ""
    assert [frame.index for frame in frames] == list(range(FRAMES))
    greys = [float(frame.image.mean()) for frame in frames]
    assert greys == sorted(greys)
    assert frames[0].image.shape == (96, 160, 3)


def test_capture_time_is_the_start_plus_the_time_in_the_film(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "whole.mp4")
    start = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    last = list(open_video(path, clock, start=start))[-1]
    assert last.at_s == pytest.approx((FRAMES - 1) / FRAMES_PER_S, abs=0.01)
    assert last.captured_at == start + timedelta(seconds=last.at_s)
    assert next(open_video(path, clock)).captured_at == clock.now()


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv"])
def test_a_file_that_was_cut_off_gives_what_it_has_and_then_an_error(
    name: str, tmp_path: Path, clock: ManualClock
) -> None:
    path = write_video(tmp_path / name)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    frames, error = read_all(path, clock)
    assert f"{path}: cut off or damaged" in error
    assert 5 < len(frames) < FRAMES


def test_a_file_cut_before_its_index_is_an_error(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "cut.mp4", faststart=False)
    path.write_bytes(path.read_bytes()[:-3000])
    frames, error = read_all(path, clock)
    assert frames == []
    assert "cut.mp4: not a video, or cut off" in error


def test_damage_in_the_middle_is_told_after_the_rest_was_read(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "damaged.mp4", key_every=10)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4000] = np.random.default_rng(3).bytes(4000)
    path.write_bytes(data)
    frames, error = read_all(path, clock)
    assert FRAMES // 2 < len(frames) < FRAMES
    assert "damaged.mp4: damaged" in error


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("text.mp4", b"this is no video\n" * 50, "not a video"),
        ("empty.mp4", b"", "the file is empty"),
        ("sound.mp4", None, "no video in it"),
    ],
)
def test_what_is_no_video_is_one_clear_error(
    name: str, content: bytes | None, says: str, tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / name
    if content is None:
        _write_sound(path)
    else:
        path.write_bytes(content)
    frames, error = read_all(path, clock)
    assert frames == []
    assert name in error
    assert says in error
    assert "\n" not in error


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path, clock: ManualClock) -> None:
    for path in (tmp_path / "missing.mp4", tmp_path):
        _, error = read_all(path, clock)
        assert str(path) in error


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_joined_recordings_go_on_where_the_times_begin_again(tmp_path: Path, clock: ManualClock) -> None:
    part = write_video(tmp_path / "part.ts", key_every=15)
    frames, error = read_all(joined(tmp_path / "joined.ts", part, part, part), clock)
    assert error == ""
    assert len(frames) >= 3 * FRAMES - 2 * 2, "a transport stream marks the last two frames before a joint"
    assert [frame.at_s for frame in frames] == pytest.approx([frame.index / FRAMES_PER_S for frame in frames], abs=0.02)


def test_a_recording_joined_to_one_that_began_later_goes_on_too(tmp_path: Path, clock: ManualClock) -> None:
    early, late = write_video(tmp_path / "early.ts"), write_video(tmp_path / "late.ts", from_s=500)
    frames, error = read_all(joined(tmp_path / "joined.ts", late, early), clock)
    assert error == ""
    assert frames[-1].at_s == pytest.approx((2 * FRAMES - 1) / FRAMES_PER_S, abs=0.02)


def test_a_video_that_was_filmed_on_its_side_comes_upright(tmp_path: Path, clock: ManualClock) -> None:
    path = write_video(tmp_path / "turned.mp4", frames=5)
    upright = next(open_video(path, clock)).image
    _turn_90_degrees(path)
    turned = next(open_video(path, clock)).image
    assert turned.shape == (160, 96, 3)
    assert np.array_equal(turned, np.rot90(upright, -1))


def test_names_say_what_is_a_video() -> None:
    assert is_video(Path("a.MP4"))
    assert is_video(Path("b.mkv"))
    assert not is_video(Path("c.jpg"))
    assert not is_video(Path("mp4"))


def test_read_image_is_offered_here_too(tmp_path: Path) -> None:
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(MediaError, match=r"empty\.jpg"):
        read_image(path)


def _write_sound(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _turn_90_degrees(path: Path) -> None:
    """Writes a rotation into the track header, as phones do (ISO/IEC 14496-12, 8.3.2: the matrix, 16.16 fixed)."""
    data = bytearray(path.read_bytes())
    matrix_at = data.index(b"tkhd") + 4 + 40
    one, unit = 0x10000, 0x40000000
    rows = (0, one, 0, -one & 0xFFFFFFFF, 0, 0, 0, 0, unit)
    data[matrix_at : matrix_at + 36] = b"".join(value.to_bytes(4, "big") for value in rows)
    path.write_bytes(data)
