# SPDX-License-Identifier: AGPL-3.0-or-later
"""Detector of clock steps: the time of day as it has run since the start, beside the one that the clock tells now.

A clock may be set while a process runs, to the right time or to a wrong one, and nobody can tell which. What cannot be
undone is decided by both.
"""

from datetime import datetime, timedelta

from anpr.runtime.clock import Clock


class SteadyTime:
    """Counts from the moment it is made, by the seconds that never go backwards (UTC)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = (clock.now(), clock.monotonic())

    @property
    def step(self) -> timedelta:
        """How far the clock was set since the start: forward above zero. A machine that slept looks set forward."""
        return self._clock.now() - self._steady()

    def both(self) -> tuple[datetime, datetime]:
        """The two times, the earlier one first."""
        now, steady = self._clock.now(), self._steady()
        return min(now, steady), max(now, steady)

    def _steady(self) -> datetime:
        now, monotonic = self._began
        return now + timedelta(seconds=self._clock.monotonic() - monotonic)
