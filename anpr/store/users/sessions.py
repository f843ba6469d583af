# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login sessions of users: started, last seen and ended, known by the hash of the key in their cookie."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.users.accounts import User, user_of_row

MOST_OPEN = 20
"""Sessions that one user may have open: with one more the oldest ends."""
KEPT = timedelta(days=30)
"""So long after its start a session's row is deleted, at a later login of its user; none lasts longer than 72 h."""
_SQL = load_queries("sessions")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSession:
    """A session that was not ended, with its user, and when they last did something (UTC)."""

    user: User
    seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionTimes:
    """Of one of a user's sessions: when it began, when it was last used; and whether it is the one that asks."""

    started_at: datetime
    seen_at: datetime
    is_this: bool


def start_session(conn: Connection, key: str, user: str, at: datetime) -> None:
    """A session begins, or goes on after its user has proved the password again."""
    conn.execute(_SQL["forget"], {"user": user, "before": at - KEPT})
    conn.execute(_SQL["start"], {"key": _hash(key), "user": user, "at": at})
    conn.execute(_SQL["end_oldest"], {"user": user, "at": at, "most": MOST_OPEN})


def open_session(conn: Connection, key: str) -> OpenSession | None:
    """The session with this key; None when there is none, or it was ended."""
    row = conn.execute(_SQL["open"], {"key": _hash(key)}).fetchone()
    return OpenSession(user=user_of_row(row), seen_at=row["seen_at"]) if row else None


def see_session(conn: Connection, key: str, at: datetime) -> None:
    """Its user did something."""
    conn.execute(_SQL["seen"], {"key": _hash(key), "at": at})


def end_session(conn: Connection, key: str, at: datetime) -> None:
    """It is refused from now on, by every console."""
    conn.execute(_SQL["end"], {"key": _hash(key), "at": at})


def end_sessions_of(conn: Connection, user: str) -> int:
    """End all sessions of this user; returns how many there were."""
    return conn.execute(_SQL["end_all"], {"user": user}).rowcount


def open_sessions_of(
    conn: Connection, user: str, key: str, *, seen_after: datetime, started_after: datetime
) -> list[SessionTimes]:
    """The user's sessions that are in use since these times, newest first; `key` is that of the one that asks."""
    values = {"user": user, "key": _hash(key), "after": seen_after, "started_after": started_after}
    return [SessionTimes(**row) for row in conn.execute(_SQL["list_open"], values)]


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
