# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schedule: calendar days of the site's time zone, and the starts of nightly runs. Pure; moments are aware."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from anpr.domain.local_time import start_of_day
from anpr.store.forwarding.deliveries import DayScope


def day_scope(destination: str, day: date, zone: ZoneInfo) -> DayScope:
    """The calendar day as a half-open interval in UTC; 23 or 25 hours long when the clocks change."""
    return DayScope(
        destination=destination,
        day=day,
        since=start_of_day(day, zone),
        until=start_of_day(day + timedelta(days=1), zone),
    )


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of this moment in the zone."""
    return moment.astimezone(zone).date()


def days_to_do(*, oldest: datetime, newest: date, zone: ZoneInfo) -> list[date]:
    """Calendar days from the one that holds `oldest` to `newest`, oldest first."""
    first = local_day(oldest, zone)
    return [first + timedelta(days=n) for n in range((newest - first).days + 1)]


def start_before(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The last moment up to `now` at which a nightly run was due (UTC)."""
    return _nearest(now, at, zone, after=False)


def start_after(now: datetime, at: time, zone: ZoneInfo) -> datetime:
    """The next moment after `now` at which a nightly run is due (UTC)."""
    return _nearest(now, at, zone, after=True)


def _nearest(now: datetime, at: time, zone: ZoneInfo, *, after: bool) -> datetime:
    today = local_day(now, zone)
    # One start a day, even when its hour comes twice or, in the night the clocks go forward, not at all: then it is
    # as many minutes after the jump as it would have been after the hour that is left out.
    starts = [
        datetime.combine(today + timedelta(days=n), at.replace(tzinfo=None), zone).astimezone(UTC) for n in (-1, 0, 1)
    ]
    return min(s for s in starts if s > now) if after else max(s for s in starts if s <= now)
