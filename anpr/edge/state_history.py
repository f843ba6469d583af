"""State history of one camera: its latest changes, for the health report to the centre."""

import threading
from collections import deque
from datetime import datetime
from typing import Protocol

from anpr.domain.health import MAX_CHANGES, MODEL_ERROR, UP, Change


class SourceState(Protocol):
    """What a source of frames or reads says of itself."""

    @property
    def name(self) -> str:
        """UP, a fault, or another state of the contract's form."""

    @property
    def since(self) -> datetime:
        """UTC."""


class CameraHistory:
    """At most MAX_CHANGES of them, oldest first. Safe to use from several threads."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self._lock = threading.Lock()
        self._source: str | None = None
        self._threw = False
        self._sight: str | None = None

    def add(self, state: SourceState) -> None:
        """The camera is in this state now; the same again, after one more try, is no change."""
        with self._lock:
            self._threw = self._threw and state.name == self._source
            self._source = state.name
            self._settle(state.since)

    def model_threw(self, at: datetime) -> None:
        """A frame came and could not be looked at."""
        with self._lock:
            self._threw = True
            self._settle(at)

    def looked(self, at: datetime) -> None:
        """A frame was looked at."""
        with self._lock:
            self._threw = False
            self._settle(at)

    def sees(self, sight: str | None, since: datetime) -> None:
        """It has been seeing this badly since then; None: well."""
        with self._lock:
            self._sight = sight
            self._settle(since)

    def _settle(self, since: datetime) -> None:
        """Of all that is wrong the worst counts: no frames, then nobody to look at them, then little to see."""
        name = self._source
        if name == UP:
            name = MODEL_ERROR if self._threw else self._sight or UP
        last = self._changes[-1] if self._changes else None
        if name is not None and (last is None or last.state != name):
            # A clock that was set back must not turn the order round.
            self._changes.append(Change(state=name, since=max(since, last.since) if last else since))

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
