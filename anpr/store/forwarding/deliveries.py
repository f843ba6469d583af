# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding ledger: one row per transit and destination, so that none is left out and none is counted twice."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.domain.delivery import DeliveryState
from anpr.domain.kept_from import KeptFrom
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.kept_values import kept_values
from anpr.store.database.partitions import ensure_partitions, utc_day
from anpr.store.database.queries import load_queries

PAST_RETENTION = "past retention"
"""Why a row is expired: its transit is older than retention allows."""
NO_LONGER_STORED = "no longer stored"
"""Why a row is expired: its transit has been dropped."""
NO_LONGER_THERE = "no longer stored, or its gate is no longer open for forwarding"
"""Why a row is expired that was to be sent: retention has dropped its transit, or an agreement has ended."""
_SQL = load_queries("deliveries")


@dataclass(frozen=True, kw_only=True, slots=True)
class DayScope:
    """One calendar day of the site for one destination: transits captured in [since, until), UTC."""

    destination: str
    day: date
    since: datetime
    until: datetime

    def values(self) -> dict[str, Any]:
        """The parameters of a query."""
        return {"destination": self.destination, "day": self.day, "since": self.since, "until": self.until}


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One transit for one destination. `batch` is the number of its file within `day`; times are UTC."""

    destination: str
    captured_at: datetime
    transit_id: UUID
    state: DeliveryState
    day: date
    batch: int | None
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: str | None


def queue_transits(conn: Connection, scope: DayScope, kept: KeptFrom, now: datetime) -> int:
    """Give every stored transit of the scope that has none and is within its days a row, `queued`; returns how many."""
    within = replace(scope, since=min(max(scope.since, kept.oldest), scope.until))
    return _enter(conn, within, kept, now, DeliveryState.QUEUED)


def expire_missed(conn: Connection, scope: DayScope, kept: KeptFrom, now: datetime) -> int:
    """Give every stored transit of the scope that no run ever queued, and that is past its days, a row, `expired`;
    returns how many."""
    return _enter(conn, scope, kept, now, DeliveryState.EXPIRED)


def _enter(conn: Connection, scope: DayScope, kept: KeptFrom, now: datetime, state: DeliveryState) -> int:
    if scope.since >= scope.until:
        return 0
    first, last = utc_day(scope.since), utc_day(scope.until - timedelta(microseconds=1))
    ensure_partitions(conn, [first + timedelta(days=n) for n in range((last - first).days + 1)], ["deliveries"])
    reason = PAST_RETENTION if state is DeliveryState.EXPIRED else None
    values = {**scope.values(), **kept_values(kept), "state": state, "now": now, "reason": reason}
    return conn.execute(_SQL["queue"], values).rowcount


def expire_queued(conn: Connection, destination: str, kept: KeptFrom, now: datetime) -> dict[date, int]:
    """Mark queued transits that are past their days as expired; returns how many by the site's day."""
    values = {"destination": destination, **kept_values(kept), "now": now, "reason": PAST_RETENTION}
    return {row["day"]: row["count"] for row in conn.execute(_SQL["expire"], values)}


def count_unanswered(conn: Connection, scope: DayScope, sent_before: datetime) -> int:
    """How many transits of the scope were sent before this moment and have no answer."""
    return count_of(conn, _SQL["count_unanswered"], {**scope.values(), "before": sent_before})


def count_states(conn: Connection, scope: DayScope) -> dict[DeliveryState, int]:
    """How many transits of the scope are in each state; every state has an entry."""
    found = {row["state"]: row["count"] for row in conn.execute(_SQL["count_states"], scope.values())}
    return {state: found.get(state, 0) for state in DeliveryState}


def counts_by_day(conn: Connection, destination: str) -> dict[date, dict[DeliveryState, int]]:
    """How many transits are in each state, by day, oldest first; only the states that occur."""
    days: dict[date, dict[DeliveryState, int]] = {}
    for row in conn.execute(_SQL["by_day"], {"destination": destination}):
        days.setdefault(row["day"], {})[DeliveryState(row["state"])] = row["count"]
    return days


def rejections(conn: Connection, destination: str, limit: int = 50) -> list[tuple[date, str, int]]:
    """Why transits were rejected: day, reason, how many; newest day first."""
    rows = conn.execute(_SQL["reasons"], {"destination": destination, "limit": limit})
    return [(row["day"], row["reason"], row["count"]) for row in rows]


def deliveries_of_transit(conn: Connection, transit_id: UUID, captured_at: datetime) -> list[Delivery]:
    """The ledger rows of one stored transit, one per destination."""
    rows = conn.execute(_SQL["of_transit"], {"id": transit_id, "captured_at": captured_at})
    return [Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows]
