# SPDX-License-Identifier: AGPL-3.0-or-later
"""Capture session: one attempt at a source, opened once and read until it ends, fails or is abandoned."""

import logging
import threading
from collections.abc import Callable

from anpr.capture.source import RawFrame, VideoSource
from anpr.domain.errors import CameraError, CameraFault
from anpr.runtime.clock import Clock

log = logging.getLogger(__name__)


class CaptureSession:
    """Reads in a thread of its own, because a call into FFmpeg can hang where no timeout reaches it, for instance
    while it resolves a name: then the session is abandoned, and its thread ends when the call returns.
    """

    def __init__(
        self, source: VideoSource, camera_id: str, accept: Callable[["CaptureSession", RawFrame], None], clock: Clock
    ) -> None:
        """`accept` is called in the session's thread; it may raise CameraError."""
        self._source = source
        self._camera_id = camera_id
        self._accept = accept
        self._clock = clock
        self._abandoned = False
        self._last_frame_at = clock.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"capture-{camera_id}", daemon=True)
        self.has_frames = False
        self.error: CameraError | None = None
        """Why the session ended; None for a source that was read to its end."""
        self.over = threading.Event()
        """Set when the session ended or was abandoned."""

    def start(self) -> None:
        self._thread.start()

    def abandon(self) -> None:
        """Accept nothing from it any more. Does not wait for its thread."""
        self._abandoned = True
        self.over.set()

    @property
    def is_abandoned(self) -> bool:
        return self._abandoned

    @property
    def is_running(self) -> bool:
        """Whether its thread is still alive, abandoned or not."""
        return self._thread.is_alive()

    @property
    def silent_s(self) -> float:
        """Seconds since its last frame, or since it was created."""
        return self._clock.monotonic() - self._last_frame_at

    def _run(self) -> None:
        try:
            self._read()
        except CameraError as exc:
            self.error = exc
        except Exception as exc:
            # Unexpected, but one camera's thread must neither die unseen nor stay down.
            log.exception("camera %s: capture failed", self._camera_id)
            self.error = CameraError(CameraFault.UNDECODABLE, self._camera_id, f"unforeseen {type(exc).__name__}")
        finally:
            self.over.set()

    def _read(self) -> None:
        for raw in self._source.raw_frames():
            if self._abandoned:
                return
            if raw is None:
                continue
            self._last_frame_at = self._clock.monotonic()
            self.has_frames = True
            self._accept(self, raw)
