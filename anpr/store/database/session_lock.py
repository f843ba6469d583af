# SPDX-License-Identifier: AGPL-3.0-or-later
"""Advisory lock of a session: one holder of a name at a time; PostgreSQL releases it when its process dies."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from anpr.domain.errors import StoreError
from anpr.store.database.connection import Connection, Database, one_line
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("session_lock")


class SessionLock:
    """The lock of this name, held as long as its connection lives."""

    def __init__(self, conn: Connection, what: str) -> None:
        self._conn = conn
        self._what = what

    def check(self) -> None:
        """Raises StoreError when the connection, and so the lock, is lost: another process may have begun."""
        try:
            self._conn.execute("SELECT 1")
        except psycopg.Error as exc:
            raise StoreError(f"database: the connection that holds {self._what} is lost") from exc


@contextmanager
def session_lock(database: Database, name: str, what: str) -> Iterator[SessionLock | None]:
    """The lock of this name, on a connection of its own; None while another holds it. `what` is its name in errors.

    Raises StoreError.
    """
    with database.connect(autocommit=True) as conn:
        try:
            held = one_row(conn, _SQL["lock"], {"name": name})["held"]
        except psycopg.Error as exc:
            raise StoreError(f"database: {one_line(exc)}") from exc
        try:
            yield SessionLock(conn, what) if held else None
        finally:
            # Closing the connection releases it too, but a moment later: the next one would still find it held.
            if held:
                with suppress(psycopg.Error):  # a lost connection has released it, or will soon
                    conn.execute(_SQL["unlock"], {"name": name})
