# SPDX-License-Identifier: AGPL-3.0-or-later
"""Time limit of the statements of a block: what people ask for freely must not keep the database busy without end."""

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import errors

from anpr.domain.errors import QueryTooLongError
from anpr.store.database.connection import Connection


@contextmanager
def time_limit(conn: Connection, seconds: float | None) -> Iterator[None]:
    """Each statement inside takes so long at most; None: as long as it takes. Raises QueryTooLongError."""
    if seconds is None:
        yield
        return
    _set(conn, max(1, int(seconds * 1000)))
    try:
        yield
    except errors.QueryCanceled as exc:
        raise QueryTooLongError(f"the search took longer than {seconds:g} s and was broken off") from exc
    _set(conn, 0)


def _set(conn: Connection, milliseconds: int) -> None:
    conn.execute("SELECT set_config('statement_timeout', %s, true)", (str(milliseconds),))
