# SPDX-License-Identifier: AGPL-3.0-or-later
"""Camera stream: keeps one source running, with reconnection and a watchdog for hung calls."""

import logging
import random
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from anpr.capture.files import FileSource, FolderSource
from anpr.capture.frame import Frame
from anpr.capture.health import CameraHealth, CameraState, CameraStatus, OnChange, ignore_change
from anpr.capture.live import LiveSource
from anpr.capture.mailbox import Mailbox
from anpr.capture.session import CaptureSession
from anpr.capture.source import RawFrame, VideoSource
from anpr.capture.video_damage import DamageShare
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.domain.reasons import Drop
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS
from anpr.settings import ReaderSettings

__all__ = ["CameraState", "CameraStatus", "CameraStream", "source_of"]

log = logging.getLogger(__name__)

_FIRST_FRAME_WITHIN_S = 15.0
"""Opening a stream has timeouts of its own (5 s for each step); past this it hangs where those do not apply."""
_GRACE_S = 0.5
"""The source's own read timeout must come first, because it also closes the connection."""
_MAX_STUCK = 3
"""Sessions of one camera that may hang at once; more would only pile up threads."""
_STOP_TIMEOUT_S = 1.0
_UP = frozenset({CameraStatus.UP, CameraStatus.DAMAGED})


def source_of(camera: Camera, settings: ReaderSettings, clock: Clock) -> VideoSource:
    """The source that the camera's URL names: a stream, a folder of images, or a video file."""
    if "://" in camera.url:
        return LiveSource(camera, settings.frozen_after_s, clock)
    path = Path(camera.url)
    return FolderSource(camera, path, clock) if path.is_dir() else FileSource(camera, path, clock)


class CameraStream:
    """Frames of one camera: of a live source the newest, of files and folders all and in order.

    A live source that fails is counted, logged in one line, and tried again after a pause that grows. A file is read
    once. Faults show in `state`; they raise nothing, and never reach another camera.
    """

    def __init__(
        self,
        camera: Camera,
        settings: ReaderSettings,
        clock: Clock,
        *,
        source: VideoSource | None = None,
        random: Callable[[], float] = random.random,
        on_change: OnChange = ignore_change,
    ) -> None:
        """`random` gives numbers in [0, 1) and spreads the retries; `on_change` is called with each
        state, in the thread that changes it.
        """
        self.camera = camera
        self._settings = settings
        self._clock = clock
        self._source = source or source_of(camera, settings, clock)
        shortest_s = settings.retry_min_s
        self._backoff = Backoff(first_s=2 * shortest_s, most_s=settings.retry_max_s, least_s=shortest_s, random=random)
        self._health = CameraHealth(camera.id, clock, on_change)
        # The thread that takes the frame makes its pixels, so that dropped frames cost nothing.
        self._mailbox: Mailbox[Callable[[], Frame]] = Mailbox(newest_wins=self._source.is_live)
        self._late = DROPS.labels(camera.id, Drop.FRAME_LATE)
        self._damaged = DROPS.labels(camera.id, Drop.FRAME_DAMAGED)
        self._damage = DamageShare()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._session: CaptureSession | None = None
        self._stuck: list[CaptureSession] = []
        self._size: tuple[int, int] | None = None
        self._first_at: float | None = None
        self._last_frame_at: datetime | None = None
        self._index = -1
        self._thread = threading.Thread(target=self._run, name=f"camera-{camera.id}", daemon=True)

    def start(self) -> None:
        """Begin to capture. Call it once."""
        self._thread.start()

    def stop(self) -> None:
        """Stop capturing, at once: a call that hangs inside FFmpeg is left to its own timeout."""
        with self._lock:
            self._stop.set()
            if self._session is not None:
                self._session.abandon()
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join(_STOP_TIMEOUT_S)
        if self.state.status is not CameraStatus.FINISHED:
            self._health.stopped()

    def wait_for_frame(self, timeout_s: float) -> bool:
        """Whether a frame waits to be taken, as soon as one does; False when none came within `timeout_s`."""
        return self._mailbox.wait(timeout_s)

    def next_frame(self, timeout_s: float) -> Frame | None:
        """The newest frame not taken yet (of a file: the next); None when none came within `timeout_s` or none will
        come.
        """
        make = self._mailbox.take(timeout_s)
        return make() if make else None

    @property
    def state(self) -> CameraState:
        """The camera's present state."""
        return self._health.state

    @property
    def finished(self) -> bool:
        """Whether no frame will come any more and all that came were taken."""
        over = self.state.status in {CameraStatus.FINISHED, CameraStatus.STOPPED}
        return over and self._mailbox.is_empty

    def _run(self) -> None:
        while not self._stop.is_set():
            error = self._run_session()
            if self._stop.is_set():
                return
            if not self._source.is_live:
                self._health.finished(error)
                self._mailbox.close()
                return
            self._pause_after(error or self._error(CameraFault.ENDED, "the source ended"))

    def _run_session(self) -> CameraError | None:
        """Why the session ended; None when it was read to its end or stopped."""
        session = CaptureSession(self._source, self.camera.id, self._accept, self._clock)
        with self._lock:
            if self._stop.is_set():
                return None
            self._session = session
        session.start()
        while not self._clock.wait(session.over, self._settings.frozen_after_s / 4):
            if self._source.is_live and (error := self._hung(session)):
                with self._lock:  # or a frame that arrives just now would turn the camera up again
                    session.abandon()
                self._stuck.append(session)
                return error
        return session.error

    def _hung(self, session: CaptureSession) -> CameraError | None:
        frozen_after_s = self._settings.frozen_after_s + _GRACE_S
        if session.has_frames and session.silent_s > frozen_after_s:
            return self._error(CameraFault.FROZEN, f"no frame for {session.silent_s:.1f} s")
        if session.silent_s > _FIRST_FRAME_WITHIN_S + frozen_after_s:
            return self._error(CameraFault.UNREACHABLE, f"no answer for {session.silent_s:.0f} s")
        return None

    def _pause_after(self, error: CameraError) -> None:
        if error.fault is CameraFault.CHANGED_SIZE:
            self._size = None
        retry_s = self._backoff.next_s()
        # The outage began with the last frame that could be examined, not when its absence was noticed.
        self._health.failed(error, retry_s, self._last_frame_at if self.state.status in _UP else None)
        self._clock.wait(self._stop, retry_s)
        self._await_stuck()

    def _await_stuck(self) -> None:
        while not self._stop.is_set():
            self._stuck = [session for session in self._stuck if session.is_running]
            if len(self._stuck) < _MAX_STUCK:
                return
            self._clock.wait(self._stop, self._settings.retry_max_s)

    def _accept(self, session: CaptureSession, raw: RawFrame) -> None:
        """Called in the session's thread."""
        with self._lock:
            if session.is_abandoned:
                return
            if self._source.is_live:
                self._check_size(raw)
            make = self._number(raw)
            if raw.is_whole and self.state.status not in _UP:
                self._health.came_up(raw.size)
                self._backoff.reset()
            self._count_damage(raw)
            if not raw.is_whole:
                return
            self._last_frame_at = raw.captured_at
        # Outside the lock: a file's frame waits here until it is taken, and stop() must get through.
        lost = self._mailbox.put(make)
        self._late.inc(lost)

    def _count_damage(self, raw: RawFrame) -> None:
        self._damage.add(raw.is_whole, raw.at_s)
        if not raw.is_whole:
            self._damaged.inc()
        if self._damage.is_high and self.state.status is CameraStatus.UP:
            self._health.damaged(self._damage.share)
        elif not self._damage.is_high and self.state.status is CameraStatus.DAMAGED:
            self._health.mended()

    def _check_size(self, raw: RawFrame) -> None:
        if self._size not in {None, raw.size}:
            before, now = self._size or (0, 0), raw.size
            raise self._error(CameraFault.CHANGED_SIZE, f"from {before[0]} x {before[1]} px to {now[0]} x {now[1]} px")
        self._size = raw.size

    def _number(self, raw: RawFrame) -> Callable[[], Frame]:
        self._index += 1
        if self._first_at is None:
            self._first_at = raw.at_s
        return partial(_frame, self.camera.id, raw, self._index, raw.at_s - self._first_at)

    def _error(self, fault: CameraFault, detail: str) -> CameraError:
        return CameraError(fault, self.camera.id, detail)


def _frame(camera_id: str, raw: RawFrame, index: int, at_s: float) -> Frame:
    return Frame(
        camera_id=camera_id, image=raw.image, captured_at=raw.captured_at, index=index, at_s=at_s, luma=raw.luma
    )
