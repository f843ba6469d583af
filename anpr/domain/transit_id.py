# SPDX-License-Identifier: AGPL-3.0-or-later
"""Identity of a transit: a UUIDv7 (RFC 9562), which tells the time and so the day that its transit is stored under."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

ID_TOLERANCE = timedelta(hours=1)
"""Between the time in an id and the transit's capture. Readers make the id of the capture time itself; the first ones
made it when the vehicle was gone."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 7


def id_moment(transit_id: UUID) -> datetime | None:
    """The time that the id tells, to the millisecond (UTC); None when it tells none."""
    if transit_id.version != _VERSION:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=transit_id.int >> 80)
    except OverflowError:
        return None


def is_bound(transit_id: UUID, captured_at: datetime) -> bool:
    """Whether this may be the id of a transit captured at that time."""
    value = transit_id.int
    if value >> 76 & 0xF != _VERSION or value >> 62 & 0b11 != 0b10:
        return False
    return abs((captured_at - _EPOCH) / _MILLISECOND - (value >> 80)) <= _TOLERANCE_MS


_MILLISECOND = timedelta(milliseconds=1)
_TOLERANCE_MS = ID_TOLERANCE / _MILLISECOND


def capture_window(transit_id: UUID) -> tuple[datetime, datetime] | None:
    """First and last time at which a transit with this id was captured (UTC); None when there is none."""
    moment = id_moment(transit_id)
    if moment is None:
        return None
    try:
        return moment - ID_TOLERANCE, moment + ID_TOLERANCE
    except OverflowError:
        return None
