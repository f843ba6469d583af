# SPDX-License-Identifier: AGPL-3.0-or-later
"""State history of one camera: its latest state changes, for the health report to the centre."""

import threading
from collections import deque
from datetime import datetime
from typing import Protocol

from anpr.domain.health import DAMAGED, MAX_CHANGES, MODEL_ERROR, STALLED, STALLED_AFTER, UP, Change


class SourceState(Protocol):
    """The state of a source of frames, as the source reports it."""

    @property
    def name(self) -> str:
        """UP, a fault, or another state that the message contract allows."""

    @property
    def since(self) -> datetime:
        """When the state began (UTC)."""


class StateHistory:
    """Holds at most MAX_CHANGES changes, oldest first. Thread-safe."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self._lock = threading.Lock()
        self._source: str | None = None
        self._model_failed = False
        self._view_problem: str | None = None
        self._looked_at: datetime | None = None
        self._stalled = False

    def add(self, state: SourceState) -> None:
        """The camera is in this state now. The same state again, after one more try, is no change."""
        with self._lock:
            self._model_failed = self._model_failed and state.name == self._source
            self._source = state.name
            self._settle(state.since)

    def model_failed(self, at: datetime) -> None:
        """A frame came and could not be examined, because a model threw; `at` is UTC."""
        with self._lock:
            self._model_failed = True
            self._settle(at)

    def model_ran(self, at: datetime) -> None:
        """A frame was examined; `at` is UTC."""
        with self._lock:
            self._model_failed = False
            self._settle(at)

    def view_changed(self, problem: str | None, since: datetime) -> None:
        """The camera's view has had this problem since then (UTC); None: it is good."""
        with self._lock:
            self._view_problem = problem
            self._settle(since)

    def looked(self, at: datetime) -> None:
        """The thread that examines frames lives; `at` is UTC. Called at each of its steps, also when no frame came."""
        with self._lock:
            self._looked_at = at
            if self._stalled:
                self._stalled = False
                self._settle(at)

    def check(self, now: datetime) -> None:
        """Called by another thread: frames that nobody has examined for STALLED_AFTER are a state of their own, from
        the last step on."""
        with self._lock:
            if self._looked_at is not None and not self._stalled and now - self._looked_at > STALLED_AFTER:
                self._stalled = True
                self._settle(self._looked_at)

    def _settle(self, since: datetime) -> None:
        """Of all that is wrong the worst counts: no frames, nobody who examines them, a failing model, damaged frames,
        then a degraded view."""
        name = self._source
        if name in {UP, DAMAGED} and self._stalled:
            name = STALLED
        elif name in {UP, DAMAGED} and self._model_failed:
            name = MODEL_ERROR
        elif name == UP:
            name = self._view_problem or UP
        last = self._changes[-1] if self._changes else None
        if name is not None and (last is None or last.state != name):
            # A clock that was set back must not reverse the order.
            self._changes.append(Change(state=name, since=max(since, last.since) if last else since))

    @property
    def state(self) -> str | None:
        """The present state; None before the first."""
        with self._lock:
            return self._changes[-1].state if self._changes else None

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes so far, oldest first; empty until the camera's first state."""
        with self._lock:
            return tuple(self._changes)
