# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damaged and sound streams of the demo's RTSP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anpr.capture.stream import CameraStatus, CameraStream
from anpr.demo.rtsp import RtspServer
from anpr.domain.errors import CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import ReaderSettings
from tests.support.clips import with_damaged_picture, write_clip
from tests.support.waiting import eventually


@contextmanager
def served(folder: Path, name: str) -> Iterator[CameraStream]:
    """A camera that shows the clip without end."""
    with RtspServer(folder) as server:
        camera = Camera(id=f"served-{name}", url=server.url(name))
        # A busy machine serves late; what is tested is not how soon a frame comes.
        stream = CameraStream(camera, ReaderSettings(frozen_after_s=60), SystemClock())
        stream.start()
        try:
            yield stream
        finally:
            stream.stop()


def damaged_frames(stream: CameraStream) -> float:
    labels = {"camera": stream.camera.id, "reason": "frame-damaged"}
    return REGISTRY.get_sample_value("anpr_drops_total", labels) or 0.0


def faults(stream: CameraStream) -> float:
    labels = [{"camera": stream.camera.id, "fault": kind} for kind in CameraFault]
    return sum(REGISTRY.get_sample_value("anpr_camera_faults_total", one) or 0.0 for one in labels)


def test_damaged_pictures_of_a_camera_are_counted_and_not_handed_out(tmp_path: Path) -> None:
    """The key frame of the clip's second second is damaged."""
    clip = write_clip(tmp_path / "sound.mp4", frames=30, key_every=15)
    with_damaged_picture(clip, tmp_path / "clip.mp4", 15)
    with served(tmp_path, "clip.mp4") as stream:
        taken = []

        def two_rounds() -> bool:
            if frame := stream.next_frame(0.5):
                taken.append(frame.index)
            return damaged_frames(stream) >= 30

        eventually(two_rounds, seen=lambda: stream.state)
        assert stream.state.status is CameraStatus.UP
        assert faults(stream) == 0
        assert {index % 30 for index in taken} <= set(range(15))


@pytest.mark.shared_data
@pytest.mark.parametrize(
    "name", ["fr_paris_1920x1080_30fps.mp4", "uk_LS15EBC_1280x720_30fps.mp4", "vn_tollgate_1280x720.mp4"]
)
def test_no_real_camera_is_called_damaged(name: str, shared_data: Path) -> None:
    with served(shared_data / "video", name) as stream:

        def six_seconds() -> bool:
            frame = stream.next_frame(0.5)
            return frame is not None and frame.at_s > 6

        eventually(six_seconds, seen=lambda: stream.state)
        assert damaged_frames(stream) == 0
        assert faults(stream) == 0
