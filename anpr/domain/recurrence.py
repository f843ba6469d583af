# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recurring hours, such as Tuesdays from two to four: the windows of time (UTC) that they mean within a range.

Hours are those of the site's clocks. In the night the clocks go back an hour comes twice, and a window holds both; what
is left out in spring makes a window shorter, or none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from anpr.domain.local_time import moment_of, start_of_day

MOST_DAYS = 400
"""Days that are looked through for windows: more than any site keeps transits."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeWindow:
    """From `since` to `until`, exclusive (UTC)."""

    since: datetime
    until: datetime

    @property
    def hours(self) -> float:
        """How long it is, in hours."""
        return (self.until - self.since) / timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recurrence:
    """On these days of the week (1 Monday … 7 Sunday; empty: all), from `starts` to `ends` by the clocks, exclusive.

    `ends` of 00:00 is the end of the day. Where it is not after `starts`, the window ends on the next day, and belongs
    to the day on which it begins. Without hours: whole days. Raises ValueError for what is no such thing.
    """

    weekdays: tuple[int, ...] = ()
    starts: time | None = None
    ends: time | None = None

    def __post_init__(self) -> None:
        if any(not 1 <= day <= 7 for day in self.weekdays) or len(set(self.weekdays)) != len(self.weekdays):
            raise ValueError(f"days of the week are 1 to 7, each once, not {self.weekdays}")
        if (self.starts is None) != (self.ends is None):
            raise ValueError("hours have a start and an end")
        if self.starts is not None and self.starts == self.ends and self.starts != time():
            raise ValueError("hours end when they start")

    @property
    def is_always(self) -> bool:
        """Whether it leaves nothing out."""
        return not self.weekdays and self.starts in {None, time()} and self.ends in {None, time()}

    def windows(self, since: datetime, until: datetime, zone: tzinfo) -> tuple[TimeWindow, ...]:
        """Its windows within [since, until), oldest first. Raises ValueError for more than MOST_DAYS days."""
        if until - since > MOST_DAYS * _DAY:
            raise ValueError(f"more than {MOST_DAYS} days")
        if self.is_always:
            return (TimeWindow(since=since, until=until),) if since < until else ()
        return tuple(_joined(self._within(since, until, zone)))

    def _within(self, since: datetime, until: datetime, zone: tzinfo) -> Iterator[TimeWindow]:
        day, last = since.astimezone(zone).date() - _DAY, until.astimezone(zone).date()
        while day <= last:
            if not self.weekdays or day.isoweekday() in self.weekdays:
                starts, ends = self._of_day(day, zone)
                if max(starts, since) < min(ends, until):
                    yield TimeWindow(since=max(starts, since), until=min(ends, until))
            day += _DAY

    def _of_day(self, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
        if self.starts is None or self.ends is None:
            return start_of_day(day, zone), start_of_day(day + _DAY, zone)
        end_day = day if self.ends > self.starts else day + _DAY
        starts = moment_of(datetime.combine(day, self.starts), zone)
        if self.ends == time():
            return starts, start_of_day(end_day, zone)
        return starts, moment_of(datetime.combine(end_day, self.ends), zone, is_end=True)


ALWAYS = Recurrence()


def hours_in(windows: tuple[TimeWindow, ...]) -> float:
    """How long they are together, in hours."""
    return sum(window.hours for window in windows)


def _joined(windows: Iterator[TimeWindow]) -> Iterator[TimeWindow]:
    """Without overlaps, which hours over midnight and the change of clocks may make: nothing is found twice."""
    open_one: TimeWindow | None = None
    for window in windows:
        if open_one is not None and window.since <= open_one.until:
            open_one = TimeWindow(since=open_one.since, until=max(open_one.until, window.until))
            continue
        if open_one is not None:
            yield open_one
        open_one = window
    if open_one is not None:
        yield open_one
