# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cancellation token: whoever asked has gone, and what the database does for them ends, in the server as well."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from anpr.domain.errors import QueryAbandonedError, QueryTooLongError

_TIMEOUT_S = 2.0
log = logging.getLogger(__name__)


class Cancellation:
    """Of the transactions of one request. Safe to share between threads."""

    def __init__(self) -> None:
        self._running: set[psycopg.Connection[Any]] = set()
        self._lock = threading.Lock()
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has cancelled."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Cancel the statements under way, and begin no other transaction. Call it again until the work has ended: one
        that arrives between two statements changes nothing."""
        with self._lock:
            self._is_cancelled = True
            for conn in self._running:
                try:
                    conn.cancel_safe(timeout=_TIMEOUT_S)
                except psycopg.Error as exc:
                    log.warning("database: a search cannot be cancelled: %s", exc)

    @contextmanager
    def over(self, conn: psycopg.Connection[Any]) -> Iterator[None]:
        """A transaction that may be cancelled. Raises QueryAbandonedError where it was."""
        with self._lock:
            if self._is_cancelled:
                raise QueryAbandonedError("the search was broken off by whoever asked")
            self._running.add(conn)
        try:
            yield
        except (errors.QueryCanceled, QueryTooLongError) as exc:
            if self._is_cancelled:
                raise QueryAbandonedError("the search was broken off by whoever asked") from exc
            raise
        finally:
            with self._lock:  # not while a cancel is on its way: it would hit the next who gets this connection
                self._running.discard(conn)
