# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health of a video source: its state, kept, counted and logged in one line per change."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.domain.errors import CameraError, CameraFault
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CAMERA_DAMAGED, CAMERA_DEGRADED, CAMERA_FAULTS, CAMERA_UP, preset

log = logging.getLogger(__name__)


class CameraStatus(StrEnum):
    """connecting → up ⇄ damaged, up or damaged ⇄ fault; a file ends in finished, stop() in stopped."""

    CONNECTING = "connecting"
    UP = "up"
    DAMAGED = "damaged"
    """Frames arrive, and many of them are damaged."""
    FAULT = "fault"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraState:
    """State of a source since `since` (UTC). `fault` is the last one while the camera is not up; on a finished file
    ENDED means that all of it was read.
    """

    status: CameraStatus
    since: datetime
    fault: CameraFault | None = None

    @property
    def name(self) -> str:
        """The name used in health reports: the fault where there is one, else the status."""
        return self.fault.value if self.status is CameraStatus.FAULT and self.fault else self.status.value


OnChange = Callable[[CameraState], None]


def ignore_change(_state: CameraState) -> None:
    """Default callback; does nothing."""


class CameraHealth:
    """The state of one camera. Each change replaces the whole value, so that any thread may read it."""

    def __init__(self, camera_id: str, clock: Clock, on_change: OnChange = ignore_change) -> None:
        """`on_change` is called with each state, the first one too, in the thread that changes it."""
        self._camera_id = camera_id
        self._clock = clock
        self._on_change = on_change
        self._up = CAMERA_UP.labels(camera_id)
        self._up.set(0)
        self._damaged = CAMERA_DAMAGED.labels(camera_id)
        self._damaged.set(0)
        preset(CAMERA_DEGRADED, camera_id, CameraStatus.DAMAGED)
        self.state = CameraState(status=CameraStatus.CONNECTING, since=clock.now())
        on_change(self.state)

    def came_up(self, size: tuple[int, int]) -> None:
        """The first frame of a session arrived; `size` is width and height in px."""
        log.info("camera %s: up, %d x %d px", self._camera_id, *size)
        self._up.set(1)
        self._change(CameraStatus.UP)

    def damaged(self, share: float) -> None:
        """Frames arrive, and this share of them (0 to 1) is damaged."""
        CAMERA_DEGRADED.labels(self._camera_id, CameraStatus.DAMAGED).inc()
        log.warning("camera %s: %.0f %% of its pictures are damaged and not read", self._camera_id, 100 * share)
        self._damaged.set(1)
        self._change(CameraStatus.DAMAGED)

    def mended(self) -> None:
        """Its frames are whole again."""
        log.info("camera %s: its pictures are whole again", self._camera_id)
        self._damaged.set(0)
        self._change(CameraStatus.UP)

    def failed(self, error: CameraError, retry_s: float, since: datetime | None = None) -> None:
        """A session ended by `error`; the next begins in `retry_s` seconds. `since` (UTC): when no frame came any more;
        now, unless it is given."""
        CAMERA_FAULTS.labels(self._camera_id, error.fault).inc()
        log.warning("%s; next try in %.1f s", error, retry_s)
        self._down(CameraStatus.FAULT, error.fault, since)

    def finished(self, error: CameraError | None) -> None:
        """A file was read, to its end or to where it is broken."""
        if error is None:
            log.info("camera %s: read to its end", self._camera_id)
        else:
            CAMERA_FAULTS.labels(self._camera_id, error.fault).inc()
            log.error("%s", error)
        self._down(CameraStatus.FINISHED, error.fault if error else CameraFault.ENDED)

    def stopped(self) -> None:
        """The source was stopped."""
        self._down(CameraStatus.STOPPED, None)

    def _down(self, status: CameraStatus, fault: CameraFault | None, since: datetime | None = None) -> None:
        self._up.set(0)
        self._damaged.set(0)
        self._change(status, fault, since)

    def _change(self, status: CameraStatus, fault: CameraFault | None = None, since: datetime | None = None) -> None:
        self.state = CameraState(status=status, since=since or self._clock.now(), fault=fault)
        self._on_change(self.state)
