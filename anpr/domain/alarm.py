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
    """What came of it; recorded when the alarm is closed."""

    STOPPED = "stopped"
    NOT_FOUND = "not-found"
    FALSE_READ = "false-read"
    OUT_OF_DATE = "out-of-date"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Unique per (transit, entry)."""

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
    """Found in the past: the entry came after the transit. It is news of where the vehicle was, not of where it is."""
    state: AlarmState = AlarmState.RAISED
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: AlarmOutcome | None = None
    note: str | None = None
