# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding runs: one row each, and the advisory lock that allows one run per destination at a time."""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.errors import StoreError
from anpr.store.database.connection import Connection, Database, one_line
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("forward_runs")


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardRun:
    """A run for one destination and one day. `counts` is its completeness report.

    `outcome` and `finished_at` are None while it runs, or when it was killed; `error` says why it failed.
    """

    id: int
    destination: str
    day: date
    kind: RunKind
    profile: str
    protocol: str
    started_at: datetime
    finished_at: datetime | None
    outcome: RunOutcome | None
    counts: Mapping[str, int]
    error: str | None


class RunLock:
    """An advisory lock, held during a run for one destination; PostgreSQL releases it when the process dies."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def check(self) -> None:
        """Raises StoreError when the connection, and so the lock, is lost: another run may have begun."""
        try:
            self._conn.execute("SELECT 1")
        except psycopg.Error as exc:
            raise StoreError("database: the connection that holds the forwarding lock is lost") from exc


@contextmanager
def run_lock(database: Database, destination: str) -> Iterator[RunLock | None]:
    """The lock of this destination, on a connection of its own; None when another run holds it. Raises StoreError."""
    with database.connect(autocommit=True) as conn:
        held = _try_lock(conn, destination)
        try:
            yield RunLock(conn) if held else None
        finally:
            # Closing the connection releases it too, but a moment later: the next run would still find it held.
            if held:
                _unlock(conn, destination)


def _try_lock(conn: Connection, destination: str) -> bool:
    try:
        row = conn.execute(_SQL["lock"], {"destination": destination}).fetchone()
    except psycopg.Error as exc:
        raise StoreError(f"database: {one_line(exc)}") from exc
    return bool(row and row["held"])


def _unlock(conn: Connection, destination: str) -> None:
    # When the connection is lost the server has released the lock, or will as soon as it notices.
    with contextlib.suppress(psycopg.Error):
        conn.execute(_SQL["unlock"], {"destination": destination})


def start_run(conn: Connection, run: ForwardRun) -> int:
    """Record that the run begins; returns its id (the one in `run` is ignored). Commit it before sending."""
    values = {name: getattr(run, name) for name in ("destination", "day", "started_at", "kind", "profile", "protocol")}
    return int(one_row(conn, _SQL["start"], values)["id"])


def finish_run(conn: Connection, run: ForwardRun) -> None:
    """Record how the run ended."""
    conn.execute(
        _SQL["finish"],
        {
            "id": run.id,
            "finished_at": run.finished_at,
            "outcome": run.outcome,
            "counts": Jsonb(dict(run.counts)),
            "error": run.error,
        },
    )


def list_runs(conn: Connection, destination: str | None = None, limit: int = 10) -> list[ForwardRun]:
    """The newest runs, newest first; of one destination when given."""
    return [_from_row(row) for row in conn.execute(_SQL["list"], {"destination": destination, "limit": limit})]


def has_good_run(conn: Connection, destination: str, day: date, since: datetime) -> bool:
    """Whether a nightly run for this day, started at `since` or later, ended without a failure."""
    row = one_row(conn, _SQL["has_good"], {"destination": destination, "day": day, "since": since})
    return bool(row["found"])


def forget_runs(conn: Connection, before: datetime) -> int:
    """Delete the runs that started before this moment; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def _from_row(row: dict[str, Any]) -> ForwardRun:
    values = {**row, "kind": RunKind(row["kind"]), "counts": row["counts"] or {}}
    return ForwardRun(**{**values, "outcome": RunOutcome(row["outcome"]) if row["outcome"] else None})
