# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outages of a camera while a session is recorded: from, to, fault."""

import threading
from collections.abc import Sequence
from datetime import datetime

from anpr.capture.stream import CameraState, CameraStatus
from anpr.domain.errors import CameraFault


class Outages:
    """When the camera gave no images. Written by the camera's thread, read by the recording one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: list[tuple[datetime, datetime, str]] = []
        self._since: datetime | None = None
        self.last_fault: CameraFault | None = None

    def changed(self, state: CameraState) -> None:
        """Take the camera's next state."""
        with self._lock:
            if state.fault is not None and state.status is CameraStatus.FAULT:
                self.last_fault = state.fault
            if state.status in {CameraStatus.CONNECTING, CameraStatus.FAULT}:
                self._since = self._since or state.since
            elif self._since is not None:
                self._closed.append((self._since, state.since, self._name()))
                self._since, self.last_fault = None, None

    def until(self, now: datetime) -> Sequence[tuple[datetime, datetime, str]]:
        """All outages, the one that still lasts ending `now`."""
        with self._lock:
            lasting = [(self._since, now, self._name())] if self._since else []
            return (*self._closed, *lasting)

    def _name(self) -> str:
        return self.last_fault.value if self.last_fault else CameraStatus.CONNECTING.value
