# SPDX-License-Identifier: AGPL-3.0-or-later
"""PostgreSQL connections: pool, transactions, notifications; the driver's errors become StoreError here."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout

from anpr.domain.errors import StoreError, StoreFault
from anpr.store.database.cancellation import Cancellation
from anpr.store.database.scope import Scope, limit_to

Connection = psycopg.Connection[dict[str, Any]]
"""What every function of the store takes first; rows come as dicts."""

CONNECT_TIMEOUT_S = 10
_LISTEN_CHECK_S = 0.1
_NEVER = 1 << 62  # None would refuse also those that are asked for
_CANCEL_TIMEOUT_S = 2.0
log = logging.getLogger(__name__)

# People wait for answers of milliseconds: no half second for compiling a plan over thirty days, no second process that
# reads whole tables for it, and pages of an index cost what they do on an SSD or in memory.
_OPTIONS = "-c TimeZone=UTC -c jit=off -c max_parallel_workers_per_gather=0 -c random_page_cost=1.1"


# https://www.postgresql.org/docs/current/errcodes-appendix.html. Class 53: memory, locks or another limit does not do
# for so much at once; 54: a limit of the program; XX: an internal error, which some row may be the cause of. 57014:
# cancelled, as by a statement_timeout. Asking for less does not help against a full disk or too many connections.
_BATCH_CLASSES = frozenset({"53", "54", "XX"})
_BATCH_STATES = frozenset({"57014"})
_WAIT_STATES = frozenset({"53100", "53300"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """A NOTIFY that arrived: `anpr_alarm` carries an alarm's id."""

    channel: str
    payload: str


class Database:
    """One database and the pool of connections to it. Safe to share between threads.

    `application` names the process in pg_stat_activity. Sessions run in UTC.
    """

    def __init__(
        self, url: str, pool_size: int = 8, application: str = "anpr", warm: Callable[[Connection], None] | None = None
    ) -> None:
        self._url = url
        self._application = application
        self._scope: Scope | None = None
        self._cancellation: Cancellation | None = None
        self._options: dict[str, Any] = {
            "application_name": application,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "options": _OPTIONS,
            # No server-side prepared statements but where one is asked for (`prepare=True`): `SELECT *` fails in them
            # when a migration adds a column under a running process, and generic plans do not see that a filter is off.
            "prepare_threshold": _NEVER,
        }
        self._running: set[Connection] = set()  # changed by single operations only, which are atomic
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            url,
            connection_class=Connection,
            kwargs={**self._options, "row_factory": dict_row},
            min_size=1 if warm is None else pool_size,
            max_size=pool_size,
            open=False,
            timeout=CONNECT_TIMEOUT_S,
            # A server that was restarted leaves broken connections in the pool: test one before handing it out.
            check=ConnectionPool.check_connection,
            name=application,
            configure=None if warm is None else partial(_warmed, warm),
        )

    def another_pool(
        self, pool_size: int, purpose: str, warm: Callable[[Connection], None] | None = None
    ) -> "Database":
        """The same database with connections of its own, not open yet, for work that must not use up the others. `warm`
        is done once by each new connection before anybody gets it; then they are all made at the start."""
        return Database(self._url, pool_size, f"{self._application} {purpose}", warm)

    def limited_to(self, scope: Scope) -> "Database":
        """The same database and connections, each transaction limited to this scope; for the console's role."""
        limited = copy(self)
        limited._scope = scope
        return limited

    def cancelled_by(self, cancellation: Cancellation | None) -> "Database":
        """The same database and connections, its transactions ended by this token; None: by none."""
        limited = copy(self)
        limited._cancellation = cancellation
        return limited

    def open(self) -> None:
        """Connect. Raises StoreError when the database cannot be reached."""
        self.connect().close()  # says why it cannot be reached; the pool would only say that it waited
        with mapped_errors():
            self._pool.open(wait=True, timeout=CONNECT_TIMEOUT_S)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self, *, autocommit: bool = False) -> Connection:
        """A connection of one's own, outside the pool. Raises StoreError."""
        check_form(self._url)
        with mapped_errors():
            return psycopg.connect(self._url, autocommit=autocommit, row_factory=dict_row, **self._options)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back when anything is raised.

        Raises StoreError for whatever the driver raises inside, or when no connection is free in time.
        """
        with mapped_errors(), self._pool.connection() as conn, self._cancellable(conn):
            self._running.add(conn)
            try:
                if self._scope is not None:
                    limit_to(conn, self._scope)
                yield conn
            finally:
                self._running.discard(conn)

    def _cancellable(self, conn: Connection) -> AbstractContextManager[None]:
        return nullcontext() if self._cancellation is None else self._cancellation.over(conn)

    def cancel_running(self) -> int:
        """Cancel what this process's transactions are doing at this moment: StoreError is raised where they are.

        Returns how many there were. One that cannot be cancelled, because its connection is gone, ends by itself.
        """
        running = list(self._running)
        for conn in running:
            try:
                conn.cancel_safe(timeout=_CANCEL_TIMEOUT_S)
            except psycopg.Error as exc:
                log.warning("database: a transaction cannot be cancelled: %s", one_line(exc))
        return len(running)

    def ping(self) -> None:
        """Ask it something. Raises StoreError when it does not answer."""
        with self.transaction() as conn:
            conn.execute("SELECT 1")

    def notifications(self, channels: str | Sequence[str], stop: threading.Event) -> Iterator[Notification]:
        """What is notified on these channels from the first step on, until `stop` is set.

        Raises StoreError when the connection is lost: the caller reconnects and reads what it missed from the tables.
        """
        names = [channels] if isinstance(channels, str) else list(channels)
        with mapped_errors(), self.connect(autocommit=True) as conn:
            for name in names:
                conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(name)))
            while not stop.is_set():
                for note in conn.notifies(timeout=_LISTEN_CHECK_S, stop_after=1):
                    yield Notification(channel=note.channel, payload=note.payload)


def _warmed(warm: Callable[[Connection], None], conn: Connection) -> None:
    try:
        warm(conn)
        conn.commit()
    except psycopg.Error as exc:  # then the first questions are slow, and say what is wrong if it still is
        conn.rollback()
        log.warning("database: a new connection is not warm: %s", one_line(exc))


def check_form(url: str) -> None:
    """Raises StoreError where the driver cannot parse the address; in its own words it would quote the password."""
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise StoreError(
            "database: the address (database.url) cannot be parsed;"
            " expected postgresql://USER:PASSWORD@HOST:PORT/NAME, special signs percent-encoded"
        ) from None


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Whatever the driver raises inside becomes a StoreError of one line."""
    try:
        yield
    except PoolTimeout as exc:
        raise StoreError(f"database: no connection within {CONNECT_TIMEOUT_S} s") from exc
    except PoolClosed as exc:
        raise StoreError("database: the connection pool is closed") from exc
    except psycopg.Error as exc:
        raise StoreError(f"database: {one_line(exc)}", fault=fault_of(exc)) from exc


def fault_of(exc: psycopg.Error) -> StoreFault:
    """What kind of error the driver raises: the data's, of this batch, or one to wait for."""
    if isinstance(exc, psycopg.DataError | psycopg.IntegrityError):
        return StoreFault.DATA
    state = exc.sqlstate or ""
    if state not in _WAIT_STATES and (state[:2] in _BATCH_CLASSES or state in _BATCH_STATES):
        return StoreFault.BATCH
    return StoreFault.WAIT


def one_line(exc: psycopg.Error) -> str:
    """The first line of what the driver says; further lines quote the statement and its values."""
    lines = str(exc).strip().splitlines()
    return lines[0] if lines else type(exc).__name__
