# SPDX-License-Identifier: AGPL-3.0-or-later
"""A saved question asked of the newest days: as long a range as it was saved with, which ends now."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from anpr.store.transits.rows import TransitQuery


def of_newest_days(query: TransitQuery, saved_at: datetime, now: datetime, zone: ZoneInfo) -> TransitQuery:
    """`saved_at` is the end of a range that has none. A range that begins at midnight counts in whole days of the site,
    with today as its last; one without a beginning is left as it is, without an end."""
    if query.since is None:
        return replace(query, until=None)
    starts, ends = query.since.astimezone(zone), (query.until or saved_at).astimezone(zone)
    if starts.time() != time():
        since = (now - (ends - starts)).replace(second=0, microsecond=0)
        return replace(query, since=since, until=None)
    days = (ends - timedelta(microseconds=1)).date() - starts.date()
    first = now.astimezone(zone).date() - max(days, timedelta())
    return replace(query, since=datetime.combine(first, time(), zone), until=None)
