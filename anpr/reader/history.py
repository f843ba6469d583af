"""The latest states of one camera, to be told to the centre."""

import threading
from collections import deque

from anpr.domain.health import MAX_CHANGES, Change
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
            last = self._changes[-1] if self._changes else None
            if last is None or last.state != name:
                # A clock that was set back must not turn the order round.
                since = max(state.since, last.since) if last else state.since
                self._changes.append(Change(state=name, since=since))

    @property
    def state(self) -> str | None:
        """The present one; None before the first."""
        with self._lock:
            return self._changes[-1].state if self._changes else None

    @property
    def changes(self) -> tuple[Change, ...]:
        """As they are now; empty until the camera's first state."""
        with self._lock:
            return tuple(self._changes)
