# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of closed alarms: filtered, by keyset along an index, with the rights of who asks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.domain.alarm import Alarm, AlarmKind, AlarmOutcome
from anpr.domain.watchlist import Priority
from anpr.store.alarms.rows import from_row
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("archive")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveFilter:
    """Alarms closed in [since, until) (UTC); None: whatever it is."""

    since: datetime
    until: datetime
    watchlist: str | None = None
    priority: Priority | None = None
    kind: AlarmKind | None = None
    gate: str | None = None
    outcome: AlarmOutcome | None = None
    person: str | None = None
    """Who took it first, had it last or closed it."""
    longer_s: int | None = None
    """It took longer than so many seconds until somebody took it."""

    @property
    def detail(self) -> dict[str, object]:
        """As it stands in the audit, without what is None."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class ArchivePlace:
    """After which alarm a page begins: when it was closed, and its id."""

    closed_at: datetime
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedAlarm:
    """A closed alarm, shown by the newest of the sightings that who asks may see."""

    alarm: Alarm
    transit_id: UUID
    gate_id: str
    watchlists: tuple[str, ...]
    seen: int
    """How many times it passed."""
    taken_by: str | None
    """Who took it first; None: the system closed it."""
    taken_at: datetime | None

    @property
    def place(self) -> ArchivePlace:
        """Where it stands. Raises ValueError for an alarm that is not closed."""
        if self.alarm.closed_at is None:
            raise ValueError(f"alarm {self.alarm.id}: it is not closed")
        return ArchivePlace(closed_at=self.alarm.closed_at, id=self.alarm.id)

    @property
    def waited(self) -> timedelta | None:
        """How long until somebody took it; None: nobody did."""
        return self.taken_at - self.alarm.raised_at if self.taken_at else None


def list_archive(
    conn: Connection, which: ArchiveFilter, limit: int, after: ArchivePlace | None = None
) -> list[ArchivedAlarm]:
    """The newest of them after this place, newest first. Raises StoreError."""
    values = {name: getattr(which, name) for name in which.__dataclass_fields__}
    place = after or ArchivePlace(closed_at=which.until, id=0)
    rows = conn.execute(_SQL["list"], {**values, "before": place.closed_at, "below": place.id, "limit": limit})
    return [_from_row(row) for row in rows]


def _from_row(row: dict[str, Any]) -> ArchivedAlarm:
    return ArchivedAlarm(
        alarm=from_row(row),
        transit_id=row["transit_id"],
        gate_id=row["gate_id"],
        watchlists=tuple(row["watchlists"]),
        seen=row["seen"],
        taken_by=row["taken_by"],
        taken_at=row["taken_at"],
    )
