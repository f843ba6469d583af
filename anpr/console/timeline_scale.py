# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time axis: a stretch of time in equal bins that begin at round hours of the site, and places on it in per cent."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from anpr.domain.local_time import start_of_day
from anpr.domain.recurrence import TimeWindow

_STEPS_S = (1, 5, 15, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeTick:
    """A line across the lanes with a text; `left`: per cent of the width."""

    left: float
    at: datetime
    step: timedelta
    """How far it is to the next."""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """The stretch [since, until) of time (UTC), which is not empty."""

    since: datetime
    until: datetime
    zone: ZoneInfo

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.until - self.since

    def left(self, at: datetime) -> float:
        """Where the moment lies, in per cent of the width; at an edge what lies outside."""
        return round(100 * min(1.0, max(0.0, (at - self.since) / self.length)), 3)

    def bins(self, most: int) -> list[TimeWindow]:
        """At most so many equal bins that cover it, oldest first; the first and the last are cut at its ends."""
        edges = [self.since, *self._edges(most), self.until]
        return [TimeWindow(since=one, until=other) for one, other in itertools.pairwise(edges)]

    def ticks(self, most: int) -> list[TimeTick]:
        """At most so many round moments within it."""
        edges = self._edges(most)
        step = edges[1] - edges[0] if len(edges) > 1 else self.length
        return [TimeTick(left=self.left(edge), at=edge, step=step) for edge in edges]

    def days(self) -> list[TimeWindow]:
        """The days of the site that it touches, cut at its ends."""
        return self._cut(self._midnights(1))

    def hours(self) -> list[TimeWindow]:
        """Its hours, cut at its ends."""
        return self._cut(self._steps(timedelta(hours=1)))

    def _cut(self, edges: list[datetime]) -> list[TimeWindow]:
        ends = [self.since, *edges, self.until]
        return [TimeWindow(since=one, until=other) for one, other in itertools.pairwise(ends) if one < other]

    def _edges(self, most: int) -> list[datetime]:
        """Round moments strictly within, at most `most` - 1 of them."""
        for seconds in _STEPS_S:
            step = timedelta(seconds=seconds)
            if self.length / step < most - 1:
                return self._steps(step)
        return self._midnights(ceil(self.length / _DAY / max(1, most - 1)))

    def _steps(self, step: timedelta) -> list[datetime]:
        """By steps from the midnight before, so that hours are round wherever the zone has whole ones."""
        first = start_of_day(self.since.astimezone(self.zone).date(), self.zone)
        at = first + (self.since - first) // step * step + step
        found = []
        while at < self.until:
            found.append(at)
            at += step
        return found

    def _midnights(self, every: int) -> list[datetime]:
        day = self.since.astimezone(self.zone).date() + _DAY
        found = []
        while (at := start_of_day(day, self.zone).astimezone(UTC)) < self.until:
            found.append(at)
            day += _DAY * every
        return found
