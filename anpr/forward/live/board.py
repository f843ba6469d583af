# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is shown of live forwarding: state, last failure, next try, and how long transits took; a row, and metrics."""

import logging
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from anpr.domain.delivery import LiveState
from anpr.domain.errors import StoreError
from anpr.forward.job import Job
from anpr.runtime.metrics import FORWARD_DELAYS, FORWARD_LIVE
from anpr.store.forwarding.standing import LiveStanding, note_live

WRITE_EVERY_S = 10.0
"""A row that says the same is written again after so long, so that silence is told from health."""
WINDOW = timedelta(minutes=15)
_MOST = 10_000
log = logging.getLogger(__name__)


class LiveBoard:
    """Keeps the row of one destination up to date."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._delays: deque[tuple[datetime, float]] = deque(maxlen=_MOST)
        self._shown: tuple[LiveState, str | None] | None = None
        self._since = job.clock.now()
        self._written_at: float | None = None

    def took(self, seconds: Iterable[float]) -> None:
        """Transits were accepted so long after they were stored."""
        now = self._job.clock.now()
        for each in seconds:
            FORWARD_DELAYS.labels(self._job.id).observe(each)
            self._delays.append((now, each))

    def show(self, state: LiveState, error: str | None = None, next_at: datetime | None = None) -> None:
        """Write the row where it says something else, or was not written for a while. Never raises: what is shown
        must not stop what is sent."""
        FORWARD_LIVE.labels(self._job.id).set(state in {LiveState.LIVE, LiveState.BUSY})
        clock = self._job.clock
        if self._shown is None or self._shown[0] is not state:
            self._since = clock.now()
        is_due = self._written_at is None or clock.monotonic() - self._written_at >= WRITE_EVERY_S
        if self._shown == (state, error) and not is_due:
            return
        try:
            with self._job.database.transaction() as conn:
                note_live(conn, self._job.id, self._standing(state, error, next_at))
        except StoreError as exc:
            log.warning("destination %s: the state of live forwarding was not noted: %s", self._job.id, exc)
            return
        self._shown, self._written_at = (state, error), clock.monotonic()

    def _standing(self, state: LiveState, error: str | None, next_at: datetime | None) -> LiveStanding:
        now = self._job.clock.now()
        while self._delays and self._delays[0][0] < now - WINDOW:
            self._delays.popleft()
        found = sorted(seconds for _, seconds in self._delays)
        return LiveStanding(
            state=state,
            since=self._since,
            seen_at=now,
            next_at=next_at,
            error=error,
            delivered=len(found),
            p50_s=found[len(found) // 2] if found else None,
            p95_s=found[min(len(found) - 1, len(found) * 95 // 100)] if found else None,
        )
