# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms from the past, settled many at once: they say where a vehicle was, and an import may raise hundreds."""

from dataclasses import dataclass
from datetime import datetime

from anpr.domain.alarm import REOPEN_WITHIN
from anpr.store.alarms.changing import lock_alarms, notify
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MOST_SETTLED = 200
"""At once: whoever raises an alarm of now waits for it."""

_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What somebody settled at one moment (UTC), and how many that were."""

    at: datetime
    count: int


def settle_past(conn: Connection, newest: int, by: str, at: datetime, reason: str) -> list[int]:
    """Close, with the outcome `other`, the newest MOST_SETTLED with ids up to `newest` that nobody has, as far as who
    acts may handle them; gives their ids."""
    lock_alarms(conn)
    values = {"newest": newest, "by": by, "at": at, "note": reason, "limit": MOST_SETTLED}
    ids = sorted(row["id"] for row in conn.execute(_SQL["settle_past"], values))
    conn.execute(_SQL["log_closed"], {"ids": ids, "by": by, "at": at, "note": reason})
    notify(conn, ids, retro=True)
    return ids


def reopen_past(conn: Connection, settled_at: datetime, by: str, at: datetime) -> list[int]:
    """Open again what this user settled at `settled_at`, within REOPEN_WITHIN: it waits for anybody. Gives the ids.

    A vehicle that has another alarm from the past meanwhile keeps that one.
    """
    lock_alarms(conn)
    values = {"settled_at": settled_at, "by": by, "since": at - REOPEN_WITHIN}
    ids = sorted(row["id"] for row in conn.execute(_SQL["reopen_past"], values))
    conn.execute(_SQL["log_reopened"], {"ids": ids, "by": by, "at": at})
    notify(conn, ids, retro=True)
    return ids


def last_settled(conn: Connection, by: str, at: datetime) -> Settled | None:
    """What this user settled last, while it may be opened again; None when there is nothing."""
    row = conn.execute(_SQL["last_settled_past"], {"by": by, "since": at - REOPEN_WITHIN}).fetchone()
    return Settled(at=row["closed_at"], count=row["count"]) if row else None
