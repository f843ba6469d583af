"""One row per forwarding run: which day to which destination, when, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from anpr.domain.errors import InputError
from anpr.store.database import Connection
from anpr.store.queries import load_queries

_SQL = load_queries("forward_runs")


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardRun:
    """`counts` by outcome and `finished_at` are None while it runs, or when it was killed; `error`: why it failed."""

    id: int
    destination: str
    day: date
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, int] | None
    error: str | None


def start_run(conn: Connection, destination: str, day: date, at: datetime) -> int:
    """Note that a run begins; returns its id. Commit it before sending."""
    row = conn.execute(_SQL["start"], {"destination": destination, "day": day, "at": at}).fetchone()
    if row is None:
        raise AssertionError("INSERT … RETURNING returned nothing")
    return int(row["id"])


def finish_run(
    conn: Connection, run_id: int, at: datetime, counts: Mapping[str, int], error: str | None = None
) -> None:
    """Note how it ended. Raises InputError when it is not running."""
    values = {"id": run_id, "at": at, "counts": Jsonb(dict(counts)), "error": error}
    if conn.execute(_SQL["finish"], values).rowcount == 0:
        raise InputError(f"forwarding run {run_id}: not running")


def list_runs(conn: Connection, destination: str | None = None, limit: int = 100) -> list[ForwardRun]:
    """The newest first; of one destination when given."""
    rows = conn.execute(_SQL["list"], {"destination": destination, "limit": limit})
    return [_from_row(row) for row in rows]


def finished_days(conn: Connection, destination: str, since: date) -> set[date]:
    """Days from `since` on that a run finished without error: what catch-up need not do again."""
    rows = conn.execute(_SQL["finished_days"], {"destination": destination, "since": since})
    return {row["day"] for row in rows}


def _from_row(row: dict[str, Any]) -> ForwardRun:
    return ForwardRun(**row)
