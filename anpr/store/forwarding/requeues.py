# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requeues: rejected deliveries, or those without an answer, are queued again under a number by which it is undone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.deliveries import DayScope

_SQL = load_queries("forward_pages")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requeue:
    """Deliveries of a day that somebody queued again, and why; `kind` is the reason that rejected ones had, empty: any.

    `number` is how many. `is_waiting`: some are in no file yet. `undone` went back of them, when it was undone.
    """

    id: int
    destination: str
    day: date
    kind: str
    reason: str
    author: str
    at: datetime
    number: int
    undone_at: datetime | None
    undone_by: str | None
    undone: int | None
    is_waiting: bool


def requeue(
    conn: Connection, scope: DayScope, kind: str, ids: Collection[UUID] | None, why: str, author: Author
) -> Requeue | None:
    """Queue rejected transits of the day again that are still stored: of this kind of reason, or any; all, or these.

    None when there are none. Raises StoreError, also for another organisation than the one that runs the system.
    """
    return _requeue(conn, scope, why, author, {"kind": kind, "ids": None if ids is None else list(ids), "before": None})


def requeue_unanswered(
    conn: Connection, scope: DayScope, sent_before: datetime, why: str, author: Author
) -> Requeue | None:
    """Queue transits of the day again that are still stored, were sent before this moment and have no answer.

    None when there are none. Raises StoreError, also for another organisation than the one that runs the system.
    """
    return _requeue(conn, scope, why, author, {"kind": "", "ids": None, "before": sent_before})


def _requeue(
    conn: Connection, scope: DayScope, why: str, author: Author, chosen: Mapping[str, object]
) -> Requeue | None:
    values = {**scope.values(), **chosen, "why": why, "who": author.name, "now": author.at}
    made = one_row(conn, _SQL["requeue"], values)["id"]
    return None if made is None else get_requeue(conn, scope.destination, made)


def undo_requeue(conn: Connection, number: int, author: Author) -> int | None:
    """Take back what is still queued, in no file, and neither sent nor queued again since; returns how many. None when
    it was undone, or is not there."""
    values = {"id": number, "who": author.name, "now": author.at}
    found: int | None = one_row(conn, _SQL["undo"], values)["number"]
    return found


def list_requeues(conn: Connection, destination: str, first: date, last: date, limit: int = 20) -> list[Requeue]:
    """Those of the days from `first` to `last`, the newest first."""
    values = {"destination": destination, "first": first, "last": last, "limit": limit}
    return [Requeue(**row) for row in conn.execute(_SQL["requeues"], values)]


def get_requeue(conn: Connection, destination: str, number: int) -> Requeue | None:
    """The requeue of this number; its `is_waiting` is not looked up."""
    row = conn.execute(_SQL["get_requeue"], {"id": number, "destination": destination}).fetchone()
    return Requeue(**row) if row else None


def forget_requeues(conn: Connection, before: date) -> int:
    """Delete those of the days before this; returns how many."""
    return conn.execute(_SQL["forget_requeues"], {"day": before}).rowcount
