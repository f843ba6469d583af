# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outage of the database under `anpr up`: said when it begins, again now and then, and when it is over.

An outage is no reason to end: the reader needs its outbox only, and the parts of the centre wait.
"""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.domain.errors import StoreError
from anpr.runtime.clock import Clock
from anpr.up.deployment import Echo

AGAIN_EVERY_S = 600.0
"""As rarely as the progress line, which is silent meanwhile."""


class DatabaseOutage:
    """Asks the database whether it is there, and says what changed."""

    def __init__(self, ping: Callable[[], object], clock: Clock, zone: str, echo: Echo) -> None:
        """`ping` raises StoreError when there is no answer; times are shown in `zone` (IANA)."""
        self._ping = ping
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._echo = echo
        self._since: datetime | None = None
        self._began_s = self._told_s = 0.0

    def is_over(self) -> bool:
        """Ask once, and say what there is to say: whether the database answers."""
        try:
            self._ping()
        except StoreError as exc:
            self._away(exc)
            return False
        if self._since is not None:
            self._echo(f"database back after {self._clock.monotonic() - self._began_s:.0f} s")
            self._since = None
        return True

    def _away(self, exc: StoreError) -> None:
        now_s = self._clock.monotonic()
        if self._since is None:
            self._since, self._began_s = self._clock.now(), now_s
        elif now_s - self._told_s < AGAIN_EVERY_S:
            return
        self._told_s = now_s
        since = f"{self._since.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"
        self._echo(f"database away since {since} ({exc}); everything else goes on, new transits wait in the outbox")
