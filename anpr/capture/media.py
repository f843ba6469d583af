# SPDX-License-Identifier: AGPL-3.0-or-later
"""Media files: videos and images on disk, with damage reported and not skipped."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.capture.decode import Decoder, to_image, to_luma
from anpr.capture.frame import Frame
from anpr.capture.image_file import is_image, read_image
from anpr.domain.errors import MediaError
from anpr.runtime.clock import Clock

__all__ = ["VIDEO_SUFFIXES", "is_image", "is_video", "open_video", "read_image"]

VIDEO_SUFFIXES = frozenset(
    (".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts", ".webm")
)

_MISSING_S = 1.0
"""Containers round their length; more than this missing at the end means that the file is truncated."""


def is_video(path: Path) -> bool:
    """Whether the name has the suffix of a video; the content is checked when it is opened."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def open_video(path: Path, clock: Clock, *, camera_id: str = "file", start: datetime | None = None) -> Iterator[Frame]:
    """Every frame of the video in order, captured at `start` (UTC, default: now) plus its time in the file.

    Raises MediaError naming the file: at the first frame when it is no video; after the last good frame when it is
    cut off or has damaged parts, so that what can be read is read and the damage is not silent.
    """
    _check_not_empty(path)
    began = start or clock.now()
    try:
        with av.open(str(path)) as container:
            yield from _frames(_OpenedFile(path, camera_id, began), container)
    except av.FFmpegError as exc:
        raise MediaError(f"{path}: not a video, or cut off: {exc.strerror}") from exc


@dataclass(frozen=True)
class _OpenedFile:
    path: Path
    camera_id: str
    start: datetime


def _frames(source: _OpenedFile, container: InputContainer) -> Iterator[Frame]:
    if not container.streams.video:
        raise MediaError(f"{source.path}: no video in it")
    decoder = Decoder(container)
    timeline = _Timeline(decoder.stream)
    index = -1
    for index, frame in enumerate(decoder):
        at_s = timeline.at(frame, index)
        yield Frame(
            camera_id=source.camera_id,
            image=partial(to_image, frame),
            luma=partial(to_luma, frame),
            captured_at=source.start + timedelta(seconds=at_s),
            index=index,
            at_s=at_s,
        )
    _check_complete(source.path, decoder, timeline, index + 1)


class _Timeline:
    """Seconds since the first frame, also where the file gives a frame no time or an earlier one."""

    def __init__(self, stream: VideoStream) -> None:
        self._step = float(1 / stream.average_rate) if stream.average_rate else 0.04
        self._first: float | None = None
        self._last = 0.0

    def at(self, frame: VideoFrame, index: int) -> float:
        if index == 0:
            self._first = None if frame.pts is None else frame.time
        elif frame.pts is None or self._first is None:
            self._last += self._step
        else:
            self._last = max(self._last, frame.time - self._first)
        return self._last

    @property
    def length_s(self) -> float:
        """Seconds, the last frame's own included."""
        return self._last + self._step


def _check_complete(path: Path, decoder: Decoder, timeline: _Timeline, frames: int) -> None:
    if frames == 0:
        raise MediaError(f"{path}: no frame of the video can be decoded")
    declared = _declared_length_s(decoder)
    if declared - timeline.length_s > _MISSING_S:
        raise MediaError(
            f"{path}: cut off or damaged: {timeline.length_s:.1f} s of {declared:.1f} s could be read ({frames} frames)"
        )
    if decoder.bad_packets:
        raise MediaError(f"{path}: damaged: {decoder.bad_packets} parts of the video could not be decoded")


def _declared_length_s(decoder: Decoder) -> float:
    """Seconds the file says it has; 0 when it does not say. Sound may go on after the video ends."""
    stream, container = decoder.stream, decoder.container
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is None or len(container.streams) > 1:
        return 0.0
    return float(container.duration / av.time_base)


def _check_not_empty(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as exc:
        raise MediaError(f"{path}: cannot be read: {exc.strerror}") from exc
    if size == 0:
        raise MediaError(f"{path}: the file is empty (0 bytes)")
