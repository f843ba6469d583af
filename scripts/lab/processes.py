# SPDX-License-Identifier: AGPL-3.0-or-later
"""Managed processes: started, killed and restarted as by a service manager."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from anpr.store.embedded.server import find_server, start
from scripts.lab.process_metrics import ProcessRun, why_not_ready
from scripts.repository import REPOSITORY

RESTART_S = 1.0
END_TIMEOUT_S = 90.0
MOST_CRASHES = 20


class ManagedProcess:
    """One process of ours. Its standard error goes to a file; `on_line` gets each line of its standard output."""

    def __init__(
        self, name: str, folder: Path, command: Callable[[], list[str]], variables: Mapping[str, str], port: int,
        on_line: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """`port` is where it shows its metrics; its log is `NAME.log` in the folder."""
        self.name = name
        self.port = port
        self.crashes: list[str] = []
        """One line for each unexpected end, with the last line of its log."""
        self.runs: list[ProcessRun] = []
        self._log = folder / f"{name}.log"
        self._command = command
        self.variables = {**_clean_variables(), **variables, "ANPR_METRICS_PORT": str(port)}
        """Its environment, in which other commands see what it sees."""
        self._on_line = on_line
        self._popen: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._not_before = 0.0
        self._is_stopped = False

    def await_ready(self, timeout_s: float) -> str | None:
        """Keep it running until it is ready: from then on it handles signals. None, or why it is not ready in time."""
        deadline, crashes = time.monotonic() + timeout_s, len(self.crashes)
        while True:
            self.keep_running()
            why_not = why_not_ready(self.port)
            if why_not is None or time.monotonic() > deadline:
                return why_not
            if len(self.crashes) - crashes > MOST_CRASHES:
                return f"it ended {len(self.crashes) - crashes} times: {self.crashes[-1]}"
            time.sleep(0.1)

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return None if self._popen is None else self._popen.pid

    def keep_running(self) -> None:
        """Start it unless it runs; one that crashed is restarted after RESTART_S."""
        if self._popen is not None and self._popen.poll() is None:
            return
        if self._popen is not None:
            self.crashes.append(f"{self.name} ended with {self._popen.returncode}: {self._last_line()}")
            self._forget()
            self._not_before = time.monotonic() + RESTART_S
        if time.monotonic() >= self._not_before:
            self._start()

    def signal(self, sign: signal.Signals) -> None:
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(sign)
            self._is_stopped = sign == signal.SIGSTOP

    def kill(self, away_s: float = 0.0) -> None:
        """SIGKILL, after a last scrape; `keep_running` restarts it `away_s` seconds later at the earliest."""
        if self._popen is None:
            return
        if not self._is_stopped:
            self.runs[-1].scrape()
        self._popen.kill()
        self._popen.wait(END_TIMEOUT_S)
        self._forget()
        self._not_before = time.monotonic() + away_s

    def end(self, timeout_s: float = END_TIMEOUT_S) -> bool:
        """SIGTERM; whether it ended with status 0 in time. It is not restarted by itself."""
        if self._popen is None:
            return True
        self.runs[-1].scrape()
        self.signal(signal.SIGTERM)
        try:
            status: int | None = self._popen.wait(timeout_s)
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            how = "did not end" if status is None else f"ended with {status}"
            self.crashes.append(f"{self.name} {how} when scraped_at to: {self._last_line()}")
            self.kill()
        self._forget()
        return status == 0

    def _start(self) -> None:
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                self._command(),
                cwd=REPOSITORY,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.runs.append(ProcessRun(process=self.name, port=self.port, began=time.time()))
        self._is_stopped = False
        assert self._popen.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self._popen.stdout,))
        self._listener.start()

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            if line.endswith("\n"):
                self._on_line(line.strip())

    def _forget(self) -> None:
        if self._popen is None:
            return
        if self._listener is not None:
            self._listener.join(END_TIMEOUT_S)
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        self._popen = None
        self.runs[-1].ended = time.time()

    def _last_line(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return lines[-1] if lines else "(nothing)"


def keep_running_until(done: Callable[[], bool], processes: Sequence[ManagedProcess], timeout_s: float) -> bool:
    """Keep these processes running until `done()`; false when it took longer, or one of them keeps ending by itself."""
    deadline = time.monotonic() + timeout_s
    crashed = sum(len(process.crashes) for process in processes)
    while not done():
        for process in processes:
            process.keep_running()
        too_often = sum(len(process.crashes) for process in processes) - crashed > MOST_CRASHES
        if too_often or time.monotonic() > deadline:
            return False
        time.sleep(0.3)
    return True


def python(*arguments: str) -> list[str]:
    """Command line of this environment's Python; the process is killed when its parent ends."""
    return ["setpriv", "--pdeathsig", "KILL", sys.executable, *arguments]


def _clean_variables() -> dict[str, str]:
    ours = ("ANPR_", "KAFKA_BOOTSTRAP", "DATABASE_URL", "PG")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


class Postgres:
    """Server of an embedded database that is held open elsewhere; can be killed and restarted."""

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
            with suppress(ProcessLookupError):  # it may have ended by itself just now
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
