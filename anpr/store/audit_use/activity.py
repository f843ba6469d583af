# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one person did in a period: how much of each kind on each day. Counted from the audit, and kept nowhere."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from anpr.store.audit_use.catalogue import AUDITED, ActionKind
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit_use")
_KINDS = {str(action): audited.kind for action, audited in AUDITED.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class DayActivity:
    """Rows of one local day, by kind."""

    day: date
    kinds: Mapping[ActionKind, int]

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.kinds.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """What a person did: every day of the period, and how often each action was recorded."""

    days: tuple[DayActivity, ...]
    actions: Mapping[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.actions.values())

    def of_kind(self, kind: ActionKind) -> int:
        """Rows of one kind."""
        return sum(day.kinds.get(kind, 0) for day in self.days)

    @property
    def most(self) -> int:
        """Rows of the day that has most; at least 1, for a plot."""
        return max((day.rows for day in self.days), default=0) or 1


def activity_of(conn: Connection, person: str, since: datetime, until: datetime, zone: ZoneInfo) -> Activity:
    """What the audit has of this person in [since, until), by local days."""
    values = {"person": person, "since": since, "until": until, "zone": zone.key}
    days: dict[date, Counter[ActionKind]] = {}
    actions: Counter[str] = Counter()
    for row in conn.execute(_SQL["activity"], values):
        kind = _KINDS.get(row["action"], ActionKind.UPKEEP)
        days.setdefault(row["day"], Counter())[kind] += row["count"]
        actions[row["action"]] += row["count"]
    first, last = since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date()
    every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    told = tuple(DayActivity(day=day, kinds=dict(days.get(day, Counter()))) for day in every)
    return Activity(days=told, actions=dict(actions.most_common()))


def has_rows(conn: Connection, person: str) -> bool:
    """Whether the audit has any row of this person that the transaction may see."""
    return conn.execute(_SQL["has_rows"], {"person": person}).fetchone() is not None
