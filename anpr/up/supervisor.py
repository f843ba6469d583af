# SPDX-License-Identifier: AGPL-3.0-or-later
"""Supervisor of child processes: starts them, restarts those that crash, stops them in order."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock

log = logging.getLogger(__name__)

RESTART_FIRST_S = 1.0
RESTART_MOST_S = 30.0
STEADY_AFTER_S = 60.0
"""A child that ran this long is healthy again: after its next crash it waits RESTART_FIRST_S."""


@dataclass
class Child:
    """One supervised process and what is known of it."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restarts: int = 0
    restart_at: float | None = None
    summaries: list[dict[str, Any]] = field(default_factory=list)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Runs `anpr VERB …` children. Call everything from one thread: the kernel ties children to it."""

    def __init__(
        self,
        *,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        clock: Clock,
    ) -> None:
        self._command = [*_tied_to_parent(), *command]
        self._environment = dict(environment)
        self._folder = folder
        self._clock = clock
        self._children: dict[str, Child] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, arguments: Iterable[str], environment: Mapping[str, str] | None = None) -> None:
        """Start a child; its standard output goes to a file, its log to our standard error.

        `environment` goes on top of that of all children.
        """
        child = Child(name=name, arguments=tuple(arguments), environment=environment or {})
        self._children[name] = child
        self._launch(child)

    def check(self) -> None:
        """Notice children that crashed, and start them again after a wait that doubles."""
        now = self._clock.monotonic()
        for child in self._children.values():
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._launch(child)
            elif not child.is_running():
                self._plan_restart(child, now)

    def restarts(self) -> int:
        """How often any child crashed."""
        return sum(child.restarts for child in self._children.values())

    def stop(self, name: str, timeout_s: float) -> dict[str, Any]:
        """Ask a child to end, kill it when it does not within `timeout_s` seconds; gives the sums of its summaries."""
        child = self._children.pop(name, None)
        if child is None:
            return {}
        if child.is_running():
            self._terminate(child, timeout_s)
        self._collect(child)
        return _sum(child.summaries)

    def stop_all(self, timeout_s: float) -> None:
        """Stop every child, those started last first; for when start-up failed."""
        for name in reversed(list(self._children)):
            self.stop(name, timeout_s)

    def _launch(self, child: Child) -> None:
        child.started = self._clock.monotonic()
        child.restart_at = None
        try:
            with self._open_output(child) as output:
                # A session of its own: Ctrl-C reaches only us, and we stop the children in order.
                child.process = subprocess.Popen(
                    [*self._command, *child.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    env={**self._environment, **child.environment},
                    start_new_session=True,
                )
        except OSError as exc:  # no memory or no process left: it may not stay so, and the other parts go on
            child.process = None
            log.error("%s cannot be started: %s", child.name, exc.strerror or exc)

    def _open_output(self, child: Child) -> IO[bytes]:
        """The file for its summary. On a disk that is full or read-only the part runs all the same, without one."""
        try:
            return self._output_of(child).open("wb")
        except OSError as exc:
            log.warning("%s: its summary cannot be kept: %s", child.name, exc)
            return Path(os.devnull).open("wb")

    def _plan_restart(self, child: Child, now: float) -> None:
        self._collect(child)
        recent = child.restarts if now - child.started < STEADY_AFTER_S else 0
        wait = doubled_s(RESTART_FIRST_S, recent, RESTART_MOST_S)
        child.restarts += 1
        child.restart_at = now + wait
        ended = f"ended with status {child.process.returncode}" if child.process else "was not started"
        log.error("%s %s; starting it again in %.0f s", child.name, ended, wait)

    def _terminate(self, child: Child, timeout_s: float) -> None:
        assert child.process is not None
        child.process.send_signal(signal.SIGTERM)
        try:
            child.process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            log.error("%s did not stop within %.0f s and was killed", child.name, timeout_s)
            child.process.kill()
            child.process.wait()

    def _collect(self, child: Child) -> None:
        if child.process is None:
            return  # the file is an earlier run's
        try:
            lines = self._output_of(child).read_text(encoding="utf-8", errors="replace").strip().splitlines()
            if lines and lines[-1].startswith("{"):
                child.summaries.append(json.loads(lines[-1]))
        except (OSError, ValueError) as exc:  # a disk that was full cut it short
            log.warning("%s: its summary cannot be read: %s", child.name, exc)

    def _output_of(self, child: Child) -> Path:
        return self._folder / f"{child.name}.out"


def this_program() -> list[str]:
    """The command that runs this program in a child."""
    return [sys.executable, "-m", "anpr"]


def _tied_to_parent() -> list[str]:
    """Command prefix that ends the child when this process is killed by SIGKILL (util-linux, on every Debian)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _sum(summaries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for summary in summaries:
        for key, value in summary.items():
            total[key] = total.get(key, 0) + value if isinstance(value, int | float) else value
    return total
