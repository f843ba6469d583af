# SPDX-License-Identifier: AGPL-3.0-or-later
"""Statistics of outcomes: closed alarms counted by list, kind, gate, camera and day, by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from anpr.domain.alarm import AlarmOutcome
from anpr.domain.false_reads import Share, cries_wolf, share_of
from anpr.settings import AlarmSettings
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

RETENTION = "retention"
"""Who closes what nobody closed."""
WARN_DAYS = 30
"""For so many days back lists and cameras are warned of."""
_SQL = load_queries("statistics")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Closed alarms of one list, kind, gate, camera or day, or of all. Times in s from when it was raised: median and
    95th percentile until somebody took it, and until it was closed."""

    id: str
    gate_id: str
    """Of a camera; else empty."""
    count: int
    outcomes: Mapping[AlarmOutcome, int]
    take_s: tuple[float, float]
    close_s: tuple[float, float]

    @property
    def false_reads(self) -> Share:
        """How many were false reads."""
        return share_of(self.outcomes[AlarmOutcome.FALSE_READ], self.count)


@dataclass(frozen=True, kw_only=True, slots=True)
class Statistics:
    """Of one period; the most alarms first, days in their order."""

    total: Counted | None
    """None: no alarm was closed."""
    lists: Sequence[Counted]
    kinds: Sequence[Counted]
    gates: Sequence[Counted]
    cameras: Sequence[Counted]
    days: Sequence[Counted]

    def day(self, day: date) -> Counted | None:
        """Those that were closed on this day (local); None: none."""
        return next((each for each in self.days if each.id == day.isoformat()), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wolves:
    """Lists and cameras that cry wolf."""

    lists: Sequence[Counted]
    cameras: Sequence[Counted]

    def __bool__(self) -> bool:
        return bool(self.lists or self.cameras)


def statistics(conn: Connection, since: datetime, until: datetime, zone: ZoneInfo) -> Statistics:
    """Of alarms closed in [since, until) (UTC), with the rights of who asks. Raises StoreError."""
    by_what: dict[str, list[Counted]] = {}
    values = {"since": since, "until": until, "zone": zone.key, "system": RETENTION}
    for row in conn.execute(_SQL["closed"], values):
        by_what.setdefault(row["what"], []).append(_counted(row))
    return Statistics(
        total=next(iter(by_what.get("all", ())), None),
        lists=by_what.get("list", []),
        kinds=by_what.get("kind", []),
        gates=by_what.get("gate", []),
        cameras=by_what.get("camera", []),
        days=sorted(by_what.get("day", []), key=lambda each: each.id),
    )


def wolves(found: Statistics, least: int, above: float) -> Wolves:
    """Those of these lists and cameras that cry wolf (see `anpr.domain.false_reads`)."""
    return Wolves(
        lists=[each for each in found.lists if cries_wolf(each.false_reads, least, above)],
        cameras=[each for each in found.cameras if cries_wolf(each.false_reads, least, above)],
    )


def recent_wolves(conn: Connection, settings: AlarmSettings, now: datetime, zone: ZoneInfo) -> Wolves:
    """Those of the last WARN_DAYS that the settings warn of, with the rights of who asks. Raises StoreError."""
    found = statistics(conn, now - timedelta(days=WARN_DAYS), now, zone)
    return wolves(found, settings.false_read_least, settings.false_read_above)


def _counted(row: dict[str, Any]) -> Counted:
    return Counted(
        id=row["item"],
        gate_id=row["gate"],
        count=row["count"],
        outcomes={outcome: row[outcome.value] for outcome in AlarmOutcome},
        take_s=tuple(row["take_s"]),
        close_s=tuple(row["close_s"]),
    )
