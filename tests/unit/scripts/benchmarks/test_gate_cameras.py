# SPDX-License-Identifier: AGPL-3.0-or-later
"""The demo's streets for more cameras than it has."""

from pathlib import Path

import av
import numpy as np

from scripts.benchmarks.gate_cameras import camera_settings, write_streets


def _clip(path: Path, frames: int = 40) -> Path:
    """Frame n has the grey level 5 × n; every tenth is a key frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"bf": "0", "sc_threshold": "0", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 64, 64, "yuv420p", 10
        for number in range(frames):
            image = np.full((64, 64, 3), 5 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode())
    return path


def _levels(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.to_ndarray(format="bgr24").mean()) for frame in container.decode(video=0)]


def test_each_round_of_cameras_sees_the_clips_from_another_place_on(tmp_path: Path) -> None:
    clips = [_clip(tmp_path / "a.mp4"), _clip(tmp_path / "b.mp4")]
    streets = write_streets(clips, tmp_path / "streets", cameras=4)
    levels = _levels(clips[0])
    turned = [*levels[20:], *levels[:20]]
    assert [_levels(street) for street in streets] == [levels, levels, turned, turned]


def test_each_camera_has_a_gate_and_nothing_is_forwarded(tmp_path: Path) -> None:
    urls = [f"rtsp://127.0.0.1:1/street-{index}.mp4" for index in range(4)]
    _, settings = camera_settings(tmp_path / "data", urls, console_port=8123, metrics_port=9100)
    cameras = [camera for gate in settings.gates for camera in gate.cameras]
    assert (len(settings.gates), len(cameras), len(settings.forwarding)) == (4, 4, 0)
    assert settings.console.port == 8123
