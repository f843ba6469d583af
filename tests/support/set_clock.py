# SPDX-License-Identifier: AGPL-3.0-or-later
"""A clock that somebody sets while a process runs."""

from datetime import datetime, timedelta

from anpr.runtime.clock import ManualClock


class SetClock(ManualClock):
    """Its time of day can be set; the seconds since it started go on evenly."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead
