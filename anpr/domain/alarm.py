# SPDX-License-Identifier: AGPL-3.0-or-later
"""A transit matched to a watchlist entry, and what the operations room did about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from anpr.domain.watchlist import Priority


class AlarmState(StrEnum):
    """raised → acknowledged → closed."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class AlarmOutcome(StrEnum):
    """What an alarm led to; recorded when it is closed."""

    STOPPED = "stopped"
    NOT_FOUND = "not-found"
    FALSE_READ = "false-read"
    OUT_OF_DATE = "out-of-date"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """An alarm; unique per (transit, entry). Times are UTC; `probability` is that the plate is the entry, 0 to 1."""

    id: int
    transit_id: UUID
    captured_at: datetime
    raised_at: datetime
    gate_id: str
    camera_id: str
    plate: str
    entry_id: int
    entry_plate: str
    watchlist_id: str
    reason: str
    priority: Priority
    probability: float
    retro: bool = False
    """Whether the entry came after the transit. Such an alarm says where the vehicle was, not where it is."""
    state: AlarmState = AlarmState.RAISED
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: AlarmOutcome | None = None
    note: str | None = None
