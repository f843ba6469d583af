# SPDX-License-Identifier: AGPL-3.0-or-later
"""Probe of a video source: opens it once, looks for a few seconds, and says what comes and how fast."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from anpr.capture.decode import announced_rate
from anpr.capture.image_file import Image
from anpr.capture.live import LiveSource
from anpr.capture.mailbox import Mailbox
from anpr.capture.meter import SourceMeter
from anpr.capture.session import CaptureSession
from anpr.capture.source import RawFrame, VideoSource
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import Clock

FIRST_FRAME_WITHIN_S = 20.0
"""Opening a stream has timeouts of its own (5 s for each step); past this it hangs where those do not apply, for
instance while a name is resolved."""
_SILENT_FOR_S = 10.0
"""A source with a longer `frozen_after_s` may be silent for longer; the probe waits no longer than this."""
_EXAMINE_EVERY_S = 0.2
"""A vehicle is in view for one to three seconds."""
_LOOK_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What a source gave."""

    size: tuple[int, int]
    """Width, height, px."""
    first_after_s: float
    """From opening to the first frame."""
    frames: int
    damaged: int
    """Frames that were not whole."""
    seconds: float
    """Between the first frame and the last; of a file, of its own time."""
    key_every_s: float | None
    """Mean time between two key frames; None where the source does not say, or gave fewer than two."""
    image: Image
    """The last frame."""

    @property
    def rate(self) -> float | None:
        """Frames a second; None where one frame says nothing about it."""
        return (self.frames - 1) / self.seconds if self.frames > 1 and self.seconds > 0 else None


@dataclass(frozen=True, kw_only=True)
class StreamFacts:
    """What a source says of itself."""

    codec: str | None = None
    """As FFmpeg names it (h264, hevc …); None for a folder of images."""
    announced_rate: float | None = None
    """Frames a second that it claims; None where it claims nothing."""


def _ignore(_frame: RawFrame) -> None:
    """Default callback; does nothing."""


def probe(
    source: VideoSource, camera_id: str, clock: Clock, seconds: float, examine: Callable[[RawFrame], None] = _ignore
) -> Probed:
    """Look at the source for so long, or until it ends.

    `examine` is called in this thread with a whole frame five times a second, or with the newest when it takes longer;
    of a file with every one that is due. Raises CameraError with the fault.
    """
    run = _Run(source, camera_id, clock, seconds)
    run.session.start()
    try:
        run.examine_until_over(examine)
    finally:
        run.session.abandon()
        run.mailbox.close()
    return run.result()


class _Run:
    """One session, what it measured, and the frame that waits to be examined."""

    def __init__(self, source: VideoSource, camera_id: str, clock: Clock, seconds: float) -> None:
        self._camera_id = camera_id
        self._clock = clock
        self._seconds = seconds
        self._examined_s = float("-inf")
        self._meter = SourceMeter(clock)
        self.mailbox: Mailbox[RawFrame] = Mailbox(newest_wins=source.is_live)
        self.session = CaptureSession(source, camera_id, self._accept, clock)

    def _accept(self, session: CaptureSession, raw: RawFrame) -> None:
        """Called in the session's thread."""
        self._meter.add(raw)
        if self._meter.seconds >= self._seconds:
            session.abandon()
        elif raw.is_whole and raw.at_s - self._examined_s >= _EXAMINE_EVERY_S:
            self._examined_s = raw.at_s
            self.mailbox.put(raw)

    def examine_until_over(self, examine: Callable[[RawFrame], None]) -> None:
        while not self.session.over.is_set():
            self._examine_next(examine, _LOOK_S)
            self._check_silence()
        self._examine_next(examine, 0.0)

    def _examine_next(self, examine: Callable[[RawFrame], None], timeout_s: float) -> None:
        if (raw := self.mailbox.take(timeout_s)) is not None:
            examine(raw)

    def _check_silence(self) -> None:
        if self.session.over.is_set() or not self.mailbox.is_empty:
            return  # of a file the next frame waits until this one was examined
        silent_s = self.session.silent_s
        if not self.session.has_frames and silent_s > FIRST_FRAME_WITHIN_S:
            raise self._error(CameraFault.UNREACHABLE, f"no frame within {FIRST_FRAME_WITHIN_S:g} s")
        if self.session.has_frames and silent_s > _SILENT_FOR_S:
            raise self._error(CameraFault.FROZEN, f"no frame for {silent_s:.0f} s")

    def result(self) -> Probed:
        if (error := self.session.error) is not None:
            raise self._error(error.fault, error.detail)
        if (last := self._meter.last) is None:
            raise CameraError(CameraFault.ENDED, self._camera_id, "it gave no frame")
        return Probed(
            size=last.size,
            first_after_s=self._meter.first_after_s,
            frames=self._meter.frames,
            damaged=self._meter.damaged,
            seconds=self._meter.seconds,
            key_every_s=self._meter.key_every_s,
            image=last.image(),
        )

    def _error(self, fault: CameraFault, detail: str) -> CameraError:
        came = f", after {self._meter.frames} frames in {self._meter.seconds:.1f} s" if self._meter.frames else ""
        return CameraError(fault, self._camera_id, detail + came)


def facts_of(source: VideoSource, camera: Camera) -> StreamFacts:
    """What the source that was probed says of itself. Raises CameraError."""
    if isinstance(source, LiveSource):
        return StreamFacts(codec=source.codec, announced_rate=source.announced_rate)
    if Path(camera.url).is_dir():
        return StreamFacts()
    try:
        with av.open(camera.url) as container:
            stream = container.streams.video[0]
            return StreamFacts(codec=stream.codec_context.name, announced_rate=announced_rate(stream))
    except av.FFmpegError as exc:
        raise CameraError(CameraFault.UNDECODABLE, camera.id, exc.strerror or "not a video") from exc
