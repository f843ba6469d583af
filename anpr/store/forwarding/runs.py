# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwarding runs: one row each, and the advisory lock that allows one run per destination at a time."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.delivery import RunKind, RunOutcome
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.database.session_lock import SessionLock, session_lock
from anpr.store.forwarding.counts import fold_counts

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
    despite_stage: str | None = None
    """Why it was sent although its profile was below stage `tested`, and who said so."""


def run_lock(database: Database, destination: str) -> AbstractContextManager[SessionLock | None]:
    """The lock of the one run for this destination; None while another run holds it. Raises StoreError."""
    return session_lock(database, f"anpr forward {destination}", "the forwarding lock")


def start_run(conn: Connection, run: ForwardRun) -> int:
    """Record that the run begins; returns its id (the one in `run` is ignored). Commit it before sending."""
    names = ("destination", "day", "started_at", "kind", "profile", "protocol", "despite_stage")
    values = {name: getattr(run, name) for name in names}
    return int(one_row(conn, _SQL["start"], values)["id"])


def finish_run(conn: Connection, run: ForwardRun) -> None:
    """Record how the run ended, and fold the counts that it has added to."""
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
    fold_counts(conn, run.destination)


def list_runs(conn: Connection, destination: str | None = None, limit: int = 10) -> list[ForwardRun]:
    """The newest runs, newest first; of one destination when given."""
    return [run_of_row(row) for row in conn.execute(_SQL["list"], {"destination": destination, "limit": limit})]


def has_good_run(conn: Connection, destination: str, day: date, since: datetime) -> bool:
    """Whether a nightly run for this day, started at `since` or later, ended without a failure."""
    row = one_row(conn, _SQL["has_good"], {"destination": destination, "day": day, "since": since})
    return bool(row["found"])


def forget_runs(conn: Connection, before: datetime) -> int:
    """Delete the runs that started before this moment; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount


def run_of_row(row: dict[str, Any]) -> ForwardRun:
    """The run in a row of the table."""
    values = {**row, "kind": RunKind(row["kind"]), "counts": row["counts"] or {}}
    return ForwardRun(**{**values, "outcome": RunOutcome(row["outcome"]) if row["outcome"] else None})
