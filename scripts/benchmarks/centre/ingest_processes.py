# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ingest processes under measurement: as many as asked for, watched through their metrics."""

import contextlib
import operator
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmarks.common import CLOCK
from scripts.command import CannotRunError
from scripts.lab.ports import free_ports
from scripts.lab.processes import ManagedProcess, python

LOOK_EVERY_S = 0.05
_FEWEST_LOOKS = 5
_GIVE_UP_S = 240.0
_COUNTED = re.compile(r'^anpr_(?:stored|transits_discarded)_total\{\w+="([^"]+)"\} (\S+)$', re.MULTILINE)
_MEMORY = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What the processes had stored or known, each of them, so long after their start."""

    after_s: float
    counted: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counted)


@dataclass(kw_only=True)
class Drained:
    """How some transits went in."""

    looks: list[Look] = field(default_factory=list)
    memory_mb: list[int] = field(default_factory=list)
    """Of the largest process, after each fifth of the transits."""

    @property
    def number(self) -> int:
        """Transits, at the last look."""
        return self.looks[-1].total if self.looks else 0

    @property
    def seconds(self) -> float:
        """From the start of the processes to the last transit."""
        return self.looks[-1].after_s

    @property
    def per_s(self) -> int:
        """From when all processes work until one has read its partitions to the end."""
        began, ended = self._flow()
        return round((ended.total - began.total) / (ended.after_s - began.after_s))

    def _flow(self) -> tuple[Look, Look]:
        end = self.looks[-1].counted
        flow = [look for look in self.looks if all(look.counted) and all(map(operator.lt, look.counted, end))]
        if len(flow) < _FEWEST_LOOKS:
            raise CannotRunError(f"the processes did not work side by side: {end} transits; take more (--transits)")
        return flow[0], flow[-1]


class Ingests:
    """Processes of one consumer group."""

    def __init__(self, parts: list[ManagedProcess], ports: list[int]) -> None:
        self._parts = parts
        self.ports = ports

    def drain(self, number: int) -> Drained:
        """Wait until so many transits were stored, found to be there, or discarded; call it right after the start."""
        drained, began = Drained(), CLOCK.monotonic()
        never = threading.Event()
        while drained.number < number:
            never.wait(LOOK_EVERY_S)
            drained.looks.append(Look(after_s=CLOCK.monotonic() - began, counted=self.counted()))
            if drained.number >= number * (len(drained.memory_mb) + 1) / 5:
                drained.memory_mb.append(self.memory_mb())
            if drained.seconds > _GIVE_UP_S:
                raise CannotRunError(f"{drained.number} of {number} transits after {_GIVE_UP_S:.0f} s")
        return drained

    def counted(self) -> tuple[int, ...]:
        """Transits that were stored, known or discarded, by each of them."""
        return tuple(sum(int(float(value)) for _, value in _COUNTED.findall(_metrics(port))) for port in self.ports)

    def memory_mb(self) -> int:
        return max(_resident_mb(part) for part in self._parts)


@contextlib.contextmanager
def ingests(folder: Path, url: str, bootstrap: str, environment: dict[str, str], processes: int) -> Iterator[Ingests]:
    """Started now, told to end when the context does; every one must end well."""
    ports = free_ports(processes)
    parts = [
        ManagedProcess(
            f"ingest-{number}",
            folder,
            lambda: python("-m", "anpr", "ingest", "--json"),
            {
                "DATABASE_URL": url,
                "KAFKA_BOOTSTRAP": bootstrap,
                "ANPR_DATA_DIR": str(folder),
                **environment,
            },
            port,
        )
        for number, port in enumerate(ports)
    ]
    try:
        for part in parts:
            part.keep_running()
        yield Ingests(parts, ports)
        if not all([part.end() for part in parts]):
            raise CannotRunError("; ".join(crash for part in parts for crash in part.crashes))
    finally:
        for part in parts:
            part.kill()


def _metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.URLError:  # not up yet
        return ""


def _resident_mb(part: ManagedProcess) -> int:
    found = _MEMORY.search(Path(f"/proc/{part.pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0
