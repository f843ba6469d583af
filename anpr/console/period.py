# SPDX-License-Identifier: AGPL-3.0-or-later
"""Period of local days in an address: from one day to another, both included."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from anpr.console.field_faults import Faults, FieldFault
from anpr.console.state import Console

DAYS = 30
MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """Local days, both included, and the moments [since, until) that they stand for (UTC)."""

    first: date
    last: date
    since: datetime
    until: datetime


def read_period(console: Console, first: str, last: str, faults: Faults) -> Period:
    """The days as browsers send them (YYYY-MM-DD); where one is missing or wrong, the last DAYS days. What is wrong is
    added to `faults`."""
    today = console.clock.now().astimezone(console.settings.zone).date()
    until = _day(last, "until", faults) or today
    since = _day(first, "since", faults) or until - timedelta(days=DAYS - 1)
    if since > until:
        faults["until"] = FieldFault(key="search.wrong_order")
    elif (until - since).days >= MOST_DAYS:
        faults["since"] = FieldFault(key="audit.period_too_long", values={"most": MOST_DAYS})
    if faults:
        since, until = today - timedelta(days=DAYS - 1), today
    return Period(
        first=since, last=until, since=_start(console, since), until=_start(console, until + timedelta(days=1))
    )


def _day(text: str, name: str, faults: Faults) -> date | None:
    if not text.strip():
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or not date(2000, 1, 1) <= found <= date(2200, 1, 1):
        faults[name] = FieldFault(key="search.wrong_time")
        return None
    return found


def _start(console: Console, day: date) -> datetime:
    return datetime.combine(day, time(), console.settings.zone)
