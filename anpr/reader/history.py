"""The latest states of one camera, to be told to the centre."""

import threading
from collections import deque
from datetime import datetime

from anpr.domain.health import MAX_CHANGES, MODEL_ERROR, UP, Change
from anpr.reader.capture.health import CameraState, CameraStatus


class CameraHistory:
    """At most MAX_CHANGES of them, oldest first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self._lock = threading.Lock()

    def add(self, state: CameraState) -> None:
        """The camera is in this state now; the same again, after one more try, is no change."""
        name = state.fault.value if state.status is CameraStatus.FAULT and state.fault else state.status.value
        with self._lock:
            self._append(name, state.since)

    def model_threw(self, at: datetime) -> None:
        """A frame came and could not be looked at."""
        with self._lock:
            if self._last() == UP:
                self._append(MODEL_ERROR, at)

    def looked(self, at: datetime) -> None:
        """A frame was looked at."""
        with self._lock:
            if self._last() == MODEL_ERROR:
                self._append(UP, at)

    def _append(self, name: str, since: datetime) -> None:
        last = self._changes[-1] if self._changes else None
        if last is None or last.state != name:
            # A clock that was set back must not turn the order round.
            self._changes.append(Change(state=name, since=max(since, last.since) if last else since))

    def _last(self) -> str | None:
        return self._changes[-1].state if self._changes else None

    @property
    def state(self) -> str | None:
        """The present one; None before the first."""
        with self._lock:
            return self._last()

    @property
    def changes(self) -> tuple[Change, ...]:
        """As they are now; empty until the camera's first state."""
        with self._lock:
            return tuple(self._changes)
