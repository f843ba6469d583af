# SPDX-License-Identifier: AGPL-3.0-or-later
"""Probe of a video source: opens it once, looks for a few seconds, and says what comes and how fast."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from anpr.capture.image_file import Image
from anpr.capture.live import LiveSource
from anpr.capture.source import VideoSource
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What a source gave."""

    size: tuple[int, int]
    """Width, height, px."""
    first_after_s: float
    """From opening to the first frame."""
    frames: int
    seconds: float
    """Between the first frame and the last; of a file, of its own time."""
    image: Image
    """The last frame."""

    @property
    def rate(self) -> float | None:
        """Frames a second; None where one frame says nothing about it."""
        return (self.frames - 1) / self.seconds if self.frames > 1 and self.seconds > 0 else None


def probe(source: VideoSource, camera_id: str, clock: Clock, seconds: float) -> Probed:
    """Look at the source for so long, or until it ends. Raises CameraError with the fault."""
    began = clock.monotonic()
    first_at = first_s = last_s = 0.0
    frames, size = 0, (0, 0)
    image: Callable[[], Image] | None = None
    for raw in source.raw_frames():
        if raw is not None:
            if image is None:
                first_at, first_s = clock.monotonic(), raw.at_s
            frames, last_s, size, image = frames + 1, raw.at_s, raw.size, raw.image
        if last_s - first_s >= seconds:
            break
    if image is None:
        raise CameraError(CameraFault.ENDED, camera_id, "it gave no frame")
    return Probed(size=size, first_after_s=first_at - began, frames=frames, seconds=last_s - first_s, image=image())


def codec_of(source: VideoSource, camera: Camera) -> str | None:
    """How the source that was probed is coded, as FFmpeg names it (h264, hevc …); None for a folder of images."""
    if isinstance(source, LiveSource):
        return source.codec
    if Path(camera.url).is_dir():
        return None
    try:
        with av.open(camera.url) as container:
            return container.streams.video[0].codec_context.name
    except av.FFmpegError as exc:
        raise CameraError(CameraFault.UNDECODABLE, camera.id, exc.strerror or "not a video") from exc
