# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health intervals: states of cameras and readers over time, so that a search can say when nothing was recorded."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.health import HealthInterval, SubjectKind
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MIN_GAP = timedelta(seconds=10)
"""Shorter gaps, as when a camera connects, are not shown beside answers."""

_SQL = load_queries("health")


def camera_readers(conn: Connection, camera_ids: Collection[str]) -> dict[str, str]:
    """Which reader last reported each of these cameras; without those that nobody reported."""
    rows = conn.execute(_SQL["camera_readers"], {"ids": list(camera_ids)})
    return {row["id"]: row["reader_id"] for row in rows}


def unsigned_readers(conn: Connection, limit: int = 200) -> list[str]:
    """Readers at work whose last heartbeat came over a broker without a signature."""
    return [row["id"] for row in conn.execute(_SQL["unsigned_readers"], {"limit": limit})]


def open_intervals(conn: Connection) -> list[HealthInterval]:
    """The present state of each camera and reader ever heard of, cameras first."""
    return [_from_row(row) for row in conn.execute(_SQL["open"])]


def intervals_between(
    conn: Connection,
    since: datetime,
    until: datetime | None,
    gate_ids: Sequence[str] = (),
    *,
    least: timedelta = timedelta(0),
    limit: int = 200,
) -> list[HealthInterval]:
    """Intervals in which cameras or readers of these gates (all when empty) were not up, the newest first.

    Every interval that overlaps [since, until), whole; those that were over in less than `least` are left out.
    """
    values = {
        "since": since,
        "until": until,
        "gate_ids": list(gate_ids) or None,
        "least_s": least.total_seconds(),
        "limit": limit,
    }
    return [_from_row(row) for row in conn.execute(_SQL["between"], values)]


def history(
    conn: Connection, since: datetime, until: datetime, gate_ids: Sequence[str], each: int = 200
) -> list[HealthInterval]:
    """Every state of the cameras and readers of these gates within [since, until), up ones too, oldest first.

    Of a camera that changed more often than `each` times the newest: of the time before nothing is known then.
    """
    values = {"since": since, "until": until, "gate_ids": list(gate_ids), "each": each}
    return [_from_row(row) for row in conn.execute(_SQL["history"], values)]


def delete_health(conn: Connection, before: datetime) -> int:
    """Retention: forget the intervals that ended before this; returns how many."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def _from_row(row: dict[str, Any]) -> HealthInterval:
    return HealthInterval(**{**row, "kind": SubjectKind(row["kind"]), "gate_ids": tuple(row["gate_ids"])})
