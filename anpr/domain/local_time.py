# SPDX-License-Identifier: AGPL-3.0-or-later
"""Local times as people write them, and the moments (UTC) that they stand for, also when the clocks change.

One rule for the console, the command line and watchlist files: a start is the first moment that a text may stand for,
an end the last one. So a range never leaves out what the person who wrote it may have meant.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from anpr.domain.errors import InputError

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years that are accepted. Others are slips, such as 26 for 2026; some overflow once they are moved to another zone."""

_ITALIAN = re.compile(
    r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{1,4})"
    r"(?:[\s,]+(?:ore\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?\s*(?P<offset>[+-]\d{2}:\d{2})?)?"
)
_SECOND = timedelta(seconds=1)


class TimeFault(StrEnum):
    """Why a text stands for no moment."""

    NOT_A_TIME = "not-a-time"
    WRONG_YEAR = "wrong-year"


class TimeTextError(InputError):
    """A text that stands for no moment."""

    def __init__(self, fault: TimeFault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def read_time(where: str, text: str, zone: tzinfo, *, is_end: bool = False) -> datetime | None:
    """As `parse_moment`; None when the text is empty. Raises InputError naming `where`."""
    if not text.strip():
        return None
    try:
        return parse_moment(text, zone, is_end=is_end)
    except TimeTextError as exc:
        raise InputError(f"{where}: {exc}") from exc


def parse_moment(text: str, zone: tzinfo, *, is_end: bool = False) -> datetime:
    """The moment (UTC) of an ISO 8601 or Italian date, with or without a time and an offset; in `zone` without one.

    A date alone is its whole day: its first moment as a start, the first moment of the next day as an end, because ends
    are exclusive. Raises TimeTextError.
    """
    iso = _as_iso(text.strip())
    day = _date_of(iso)
    if day is not None:
        _refuse_year(day.year)
        return start_of_day(day + timedelta(days=1) if is_end else day, zone)
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError as exc:
        detail = f"{text.strip()[:40]!r} is not a time such as 2026-11-21, 2026-11-21T08:30 or 21/11/2026 08:30"
        raise TimeTextError(TimeFault.NOT_A_TIME, detail) from exc
    _refuse_year(moment.year)
    return moment.astimezone(UTC) if moment.tzinfo else moment_of(moment, zone, is_end=is_end)


def read_day(where: str, text: str) -> date:
    """A calendar day, ISO 8601 or Italian. Raises InputError naming `where`."""
    day = _date_of(_as_iso(text.strip()))
    if day is None:
        raise InputError(f"{where}: {text.strip()[:40]!r} is not a day such as 2026-11-21")
    try:
        _refuse_year(day.year)
    except TimeTextError as exc:
        raise InputError(f"{where}: {exc}") from exc
    return day


def moment_of(local: datetime, zone: tzinfo, *, is_end: bool = False) -> datetime:
    """The moment (UTC) of a time on the clocks of `zone`; `local` has no zone of its own.

    In the hour that comes twice in autumn a start is its first time and an end its second. In the hour that is left out
    in spring an end is as many minutes after the jump, as a nightly run is; a start is the jump itself, because a later
    one would lose what passed since.
    """
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if is_end else first
    return first if is_end else _jump_between(second, first, zone)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The first moment (UTC) of a calendar day in `zone`, also where the clocks change at midnight."""
    return moment_of(datetime.combine(day, time()), zone)


def offset_when_doubled(moment: datetime, zone: tzinfo) -> str:
    """`+02:00` or `+01:00` in the hour that comes twice, where a local time alone says too little; otherwise empty."""
    local = moment.astimezone(zone)
    if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
        return ""
    return local.isoformat()[-len("+02:00") :]


def last_day_included(end: datetime, zone: tzinfo) -> date | None:
    """The day that an exclusive end closes, when it is the first moment of the next one; otherwise None."""
    day = end.astimezone(zone).date()
    return day - timedelta(days=1) if start_of_day(day, zone) == end else None


def last_local_day(end: datetime, zone: tzinfo) -> date:
    """The calendar day in `zone` of the last moment before an exclusive end."""
    return (end - timedelta(microseconds=1)).astimezone(zone).date()


def _as_iso(text: str) -> str:
    """The ISO form of an Italian date; every other text as it is."""
    found = _ITALIAN.fullmatch(text)
    if found is None:
        return text
    part = found.groupdict()
    day = f"{int(part['year']):04}-{int(part['month']):02}-{int(part['day']):02}"
    if part["hour"] is None:
        return day
    return f"{day}T{int(part['hour']):02}:{part['minute']}:{part['second'] or '00'}{part['offset'] or ''}"


def _date_of(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def _refuse_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        detail = f"the year {year} lies outside {FIRST_YEAR} to {LAST_YEAR}; write it with four digits"
        raise TimeTextError(TimeFault.WRONG_YEAR, detail)


def _jump_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The moment at which the clocks go forward, to the second; it lies between the two."""
    before, after = before.replace(microsecond=0), after.replace(microsecond=0) + _SECOND
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after
