"""Processes that are killed and started again: what a service manager does for them on a real machine."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from anpr.store.embedded.server import find_server, start
from scripts.reliability.chaos.process_metrics import Life, why_not_ready
from scripts.repository import REPOSITORY

RESTART_S = 1.0
END_TIMEOUT_S = 90.0


class Part:
    """One process of ours. Its standard error goes to a file; `hear` gets each line of its standard output."""

    def __init__(
        self, name: str, folder: Path, command: Callable[[], list[str]], environment: Mapping[str, str], port: int,
        hear: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """`port` is where it shows its metrics; its log is `NAME.log` in the folder."""
        self.name = name
        self.port = port
        self.falls: list[str] = []
        """Each time it ended without having been told to, and what it said last."""
        self.lives: list[Life] = []
        self._log = folder / f"{name}.log"
        self._command = command
        self._environment = {**_clean_environment(), **environment, "ANPR_METRICS_PORT": str(port)}
        self._hear = hear
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._not_before = 0.0
        self._is_stopped = False

    def await_ready(self, timeout_s: float) -> str | None:
        """Keep it until it says that it can do its work: then it heeds signals too. None, or what it says instead."""
        deadline = time.monotonic() + timeout_s
        while True:
            self.keep()
            why_not = why_not_ready(self.port)
            if why_not is None or time.monotonic() > deadline:
                return why_not
            time.sleep(0.1)

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return None if self._process is None else self._process.pid

    def keep(self) -> None:
        """Start it unless it runs; one that fell is started a moment later."""
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            self.falls.append(f"{self.name} ended with {self._process.returncode}: {self._last_words()}")
            self._gone()
            self._not_before = time.monotonic() + RESTART_S
        if time.monotonic() >= self._not_before:
            self._start()

    def signal(self, sign: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(sign)
            self._is_stopped = sign == signal.SIGSTOP

    def kill(self, away_s: float = 0.0) -> None:
        """SIGKILL, after a last look at its metrics; `keep` does not start it again for so long."""
        if self._process is None:
            return
        if not self._is_stopped:
            self.lives[-1].look()
        self._process.kill()
        self._process.wait(END_TIMEOUT_S)
        self._gone()
        self._not_before = time.monotonic() + away_s

    def end(self, timeout_s: float = END_TIMEOUT_S) -> bool:
        """SIGTERM; whether it ended well in time. It is not started again by itself."""
        if self._process is None:
            return True
        self.lives[-1].look()
        self.signal(signal.SIGTERM)
        try:
            status: int | None = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            how = "did not end" if status is None else f"ended with {status}"
            self.falls.append(f"{self.name} {how} when asked to: {self._last_words()}")
            self.kill()
        self._gone()
        return status == 0

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.lives.append(Life(part=self.name, port=self.port, began=time.time()))
        self._is_stopped = False
        assert self._process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,))
        self._listener.start()

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            if line.endswith("\n"):
                self._hear(line.strip())

    def _gone(self) -> None:
        if self._process is None:
            return
        if self._listener is not None:
            self._listener.join(END_TIMEOUT_S)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        self.lives[-1].ended = time.time()

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return lines[-1] if lines else "(nothing)"


def python(*arguments: str) -> list[str]:
    """A command of this environment's Python that dies with us."""
    return ["setpriv", "--pdeathsig", "KILL", sys.executable, *arguments]


def _clean_environment() -> dict[str, str]:
    ours = ("ANPR_", "KAFKA_BOOTSTRAP", "DATABASE_URL", "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


class Postgres:
    """The server of an embedded database that somebody holds open, to kill and start again."""

    def __init__(self, folder: Path) -> None:
        self._server = find_server(folder)

    @property
    def socket(self) -> Path:
        return self._server.socket_folder / ".s.PGSQL.5432"

    def kill(self) -> None:
        """SIGKILL to the postmaster: its children leave by themselves."""
        os.kill(self._postmaster(), signal.SIGKILL)

    def kill_a_child(self, choose: Callable[[list[int]], int]) -> None:
        """SIGKILL to one of its processes, if there is any: the server throws everybody out and recovers."""
        children = Path(f"/proc/{self._postmaster()}/task/{self._postmaster()}/children").read_text().split()
        if mortal := [int(pid) for pid in children if _may_be_killed(pid)]:
            os.kill(choose(mortal), signal.SIGKILL)

    def start(self) -> None:
        """Unless it runs."""
        start(self._server)

    def _postmaster(self) -> int:
        return int((self._server.data / "postmaster.pid").read_text().splitlines()[0])


def _may_be_killed(pid: str) -> bool:
    """Not the one that recovers what an earlier kill left, nor one that is not yet anything: PostgreSQL 18.6 does not
    start another one in the middle of its recovery and stays in "recovery mode" until it is restarted by hand."""
    try:
        title = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return title.startswith("postgres: ") and not title.startswith("postgres: startup")
