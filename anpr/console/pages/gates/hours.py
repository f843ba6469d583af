# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hourly plot of one gate: transits beside what is known of its looking, so that blindness is not read as quiet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from anpr.domain.coverage_strip import CoverageStrip, Look, joined
from anpr.store.transits.gate_activity import HourCount

HEIGHT = 120
"""px of the highest bar."""
_HOUR = timedelta(hours=1)
_SAW = frozenset({Look.LOOKED, Look.POOR})


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """One hour of the plot, the first and the last of them in part: from `since` to `until` (UTC)."""

    since: datetime
    until: datetime
    stored: int
    not_kept: int
    look: Look

    @property
    def transits(self) -> int:
        """All that were counted."""
        return self.stored + self.not_kept

    @property
    def is_sure(self) -> bool:
        """Whether the gate looked all the time, so that the number is that of the hour."""
        return self.look in _SAW


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """The hours, oldest first; the most transits in one of them; all of them together."""

    hours: tuple[Hour, ...]
    most: int
    total: int

    @property
    def is_sure(self) -> bool:
        """Whether the gate looked all the time."""
        return all(hour.is_sure for hour in self.hours)


def hours_of(counts: Sequence[HourCount], strip: CoverageStrip | None, since: datetime, until: datetime) -> Hours:
    """The hours of [since, until), each with the numbers of its hour of UTC and what the strip says of it."""
    by_hour = {one.hour: one for one in counts}
    hours = []
    for began, ended in _spans(since, until):
        count = by_hour.get(began.astimezone(UTC).replace(minute=0, second=0, microsecond=0))
        hours.append(
            Hour(
                since=began,
                until=ended,
                stored=count.stored if count else 0,
                not_kept=count.not_kept if count else 0,
                look=_look(strip, began, ended),
            )
        )
    totals = [hour.transits for hour in hours]
    return Hours(hours=tuple(hours), most=max(totals), total=sum(totals))


def _spans(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    spans, began = [], since
    while began < until:
        ended = min(began.replace(minute=0, second=0, microsecond=0) + _HOUR, until)
        spans.append((began, ended))
        began = ended
    return spans


def _look(strip: CoverageStrip | None, since: datetime, until: datetime) -> Look:
    """Of the slots that the hour touches."""
    if strip is None:
        return Look.UNKNOWN
    length = (strip.until - strip.since) / len(strip.slots)
    first = int((since - strip.since) / length)
    last = max(first + 1, -(-(until - strip.since) // length))
    return joined(strip.slots[first:last])
