# SPDX-License-Identifier: AGPL-3.0-or-later
"""Media files: videos and images on disk, with damage reported and not skipped."""

from collections.abc import Callable, Iterator
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
    (
        *(".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ts"),
        *(".webm", ".264", ".265", ".h264", ".h265", ".hevc", ".dav"),
    )
)
"""The last six are exports of recorders: raw H.264 and H.265, and Dahua's container."""

_OPTIONS = {"correct_ts_overflow": "0"}
"""FFmpeg would take the earlier times of a joined recording for a clock that went round, and add 26 hours."""

_JOINT_S = 0.5
"""Times that go back by more belong to another recording, joined to the first; by less, they are out of order."""

_MISSING_S = 1.0
"""Containers round their length; more than this missing at the end means that the file is truncated."""


def is_video(path: Path) -> bool:
    """Whether the name has the suffix of a video; the content is checked when it is opened."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def _ignore() -> None:
    """Default callback; does nothing."""


def open_video(
    path: Path,
    clock: Clock,
    *,
    camera_id: str = "file",
    start: datetime | None = None,
    on_damaged: Callable[[], None] = _ignore,
) -> Iterator[Frame]:
    """Every whole frame of the video in order, captured at `start` (UTC, default: now) plus its time in the file.

    A damaged frame, and what was made from it up to the next key frame, is left out: its index is missing, and
    `on_damaged` is called. Raises MediaError naming the file: at the first frame when it is no video; after the last
    whole frame when it is cut off or has damaged parts, so that what can be read is read and the damage is not silent.
    """
    _check_not_empty(path)
    began = start or clock.now()
    try:
        with av.open(str(path), options=_OPTIONS) as container:
            yield from _frames(_OpenedFile(path, camera_id, began, on_damaged), container)
    except av.FFmpegError as exc:
        raise MediaError(f"{path}: not a video, or cut off: {exc.strerror}") from exc


@dataclass(frozen=True)
class _OpenedFile:
    path: Path
    camera_id: str
    start: datetime
    on_damaged: Callable[[], None]


def _frames(source: _OpenedFile, container: InputContainer) -> Iterator[Frame]:
    if not container.streams.video:
        raise MediaError(f"{source.path}: no video in it")
    decoder = Decoder(container)
    timeline = _Timeline(decoder.stream)
    index = -1
    for index, (frame, is_whole) in enumerate(decoder):
        at_s = timeline.at(frame)
        if not is_whole:
            source.on_damaged()
            continue
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
    """Seconds since the first frame, also where the file gives a frame no time or an earlier one.

    Recorders' segments joined into one file each begin their times anew: there it goes on by a frame's step.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._step = float(1 / stream.average_rate) if stream.average_rate else 0.04
        self._zero: float | None = None
        """Time of the file at which the timeline is 0."""
        self._last: float | None = None
        self.is_joined = False
        """Whether the times went back, so that the file's stated length means nothing."""

    def at(self, frame: VideoFrame) -> float:
        """Seconds of the next frame."""
        if self._last is None:
            self._last, self._zero = 0.0, None if frame.pts is None else frame.time
            return self._last
        if frame.pts is None or self._zero is None:
            self._last += self._step
            return self._last
        if frame.time - self._zero < self._last - _JOINT_S:
            self.is_joined = True
            self._zero = frame.time - self._last - self._step
        self._last = max(self._last, frame.time - self._zero)
        return self._last

    @property
    def length_s(self) -> float:
        """Seconds, the last frame's own included."""
        return 0.0 if self._last is None else self._last + self._step


def _check_complete(path: Path, decoder: Decoder, timeline: _Timeline, frames: int) -> None:
    if frames == 0:
        raise MediaError(f"{path}: no frame of the video can be decoded")
    declared = 0.0 if timeline.is_joined else _declared_length_s(decoder)
    faults = []
    if declared - timeline.length_s > _MISSING_S:
        faults.append(f"{timeline.length_s:.1f} s of {declared:.1f} s could be read ({frames} frames)")
    if decoder.bad_packets:
        faults.append(f"{decoder.bad_packets} parts of the video could not be decoded")
    if decoder.damaged_frames:
        faults.append(f"{decoder.damaged_frames} of {frames} frames are damaged and were not read for plates")
    if faults:
        kind = "cut off or damaged" if declared - timeline.length_s > _MISSING_S else "damaged"
        raise MediaError(f"{path}: {kind}: {', '.join(faults)}")


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
