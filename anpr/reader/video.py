# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads a video file: every frame, offline, with the watch that a live camera has."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anpr.capture.media import open_video
from anpr.domain.errors import MediaError
from anpr.domain.gate import Camera
from anpr.reader.assemble import MadeTransit, Origin
from anpr.reader.assemble.verify_vote import VoteVerifier
from anpr.reader.camera.watch import TraceListener, Watch
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.second_opinion import SecondOpinion
from anpr.runtime.clock import Clock
from anpr.settings import ReaderSettings

_NAME = "file"
"""Identifier of the gate and the camera of transits that come from a file."""


@dataclass(frozen=True, kw_only=True)
class VideoOptions:
    """Which camera a video is from, and a listener for what was turned down."""

    camera: Camera | None = None
    listener: TraceListener | None = None


def read_video(
    path: Path,
    plate_reader: PlateFinder,
    settings: ReaderSettings,
    clock: Clock,
    second: SecondOpinion | None = None,
    options: VideoOptions | None = None,
) -> Iterator[MadeTransit]:
    """The transits in the video, in the order in which they were completed. No frame is left out.

    Raises ModelError; MediaError naming the file, after the transits of what could be read of it.
    """
    chosen = options or VideoOptions()
    camera = chosen.camera or Camera(id=_NAME, url=str(path))
    origin = Origin(camera=camera, gate_id=_NAME, reader_id=settings.id)
    verifier = VoteVerifier(_NAME, second, patient=True) if second else None
    watch = Watch(origin, settings.assemble, plate_reader, clock, verifier=verifier, listener=chosen.listener)
    try:
        for frame in open_video(path, clock, camera_id=_NAME):
            yield from watch.add(frame).transits
    except MediaError:
        yield from watch.end()
        raise
    yield from watch.end()
