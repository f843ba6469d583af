"""One try at a source: opened once, read until it ends, fails or is given up."""

import logging
import threading
from collections.abc import Callable

from anpr.capture.source import Shot, Source
from anpr.domain.errors import CameraError, CameraFault
from anpr.runtime.clock import Clock

log = logging.getLogger(__name__)


class Session:
    """Reads in a thread of its own, because a call into FFmpeg can hang where no timeout reaches it, for instance
    while it resolves a name: then the session is given up, and its thread ends when the call returns.
    """

    def __init__(self, source: Source, camera_id: str, accept: Callable[["Session", Shot], None], clock: Clock) -> None:
        """`accept` is called in the session's thread; it may raise CameraError."""
        self._source = source
        self._camera_id = camera_id
        self._accept = accept
        self._clock = clock
        self._given_up = False
        self._last_sign = clock.monotonic()
        self._thread = threading.Thread(target=self._run, name=f"capture-{camera_id}", daemon=True)
        self.has_shots = False
        self.error: CameraError | None = None
        """Why it ended; None for a source that was read to its end."""
        self.over = threading.Event()
        """Set when it ended or was given up."""

    def start(self) -> None:
        self._thread.start()

    def give_up(self) -> None:
        """Take nothing from it any more. Does not wait for its thread."""
        self._given_up = True
        self.over.set()

    @property
    def is_given_up(self) -> bool:
        return self._given_up

    @property
    def is_running(self) -> bool:
        """Whether its thread is still alive, given up or not."""
        return self._thread.is_alive()

    @property
    def silent_s(self) -> float:
        """Seconds since its last shot, or since it began."""
        return self._clock.monotonic() - self._last_sign

    def _run(self) -> None:
        try:
            self._read()
        except CameraError as exc:
            self.error = exc
        except Exception as exc:
            # Unforeseen, but one camera's thread must neither die unseen nor stay down.
            log.exception("camera %s: capture failed", self._camera_id)
            self.error = CameraError(CameraFault.UNDECODABLE, self._camera_id, f"unforeseen {type(exc).__name__}")
        finally:
            self.over.set()

    def _read(self) -> None:
        for shot in self._source.shots():
            if self._given_up:
                return
            if shot is None:
                continue
            self._last_sign = self._clock.monotonic()
            self.has_shots = True
            self._accept(self, shot)
