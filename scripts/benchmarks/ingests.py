"""`anpr ingest` as it runs at a site, as many processes as are asked for, watched through their metrics."""

import contextlib
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scripts.benchmarks.say import CLOCK
from scripts.faults.parts import Part, python
from tests.services.kafka import free_ports

LOOK_EVERY_S = 0.25
_GIVE_UP_S = 240.0
_COUNTED = re.compile(r'^anpr_stored_total\{outcome="(\w+)"\} (\S+)$', re.MULTILINE)
_MEMORY = re.compile(r"^VmRSS:\s+(\d+) kB$", re.MULTILINE)


@dataclass(kw_only=True)
class Drained:
    """How some transits went in."""

    number: int
    seconds: float
    """From the start of the processes to the last transit."""
    flowing_s: float
    """From the first look at which some were stored to the last transit."""
    flowed: int
    """How many were stored after that first look."""
    memory_mb: list[int] = field(default_factory=list)
    """Of the largest process, after each fifth of the transits."""

    @property
    def per_s(self) -> int:
        """Once it flows."""
        return round(self.flowed / self.flowing_s)


class Ingests:
    """Processes of one consumer group."""

    def __init__(self, parts: list[Part], ports: list[int]) -> None:
        self._parts = parts
        self._ports = ports

    def drain(self, number: int) -> Drained:
        """Wait until so many transits were stored or found to be there; call it right after the start."""
        began = now = CLOCK.monotonic()
        first, counted = (0.0, 0), 0
        memory: list[int] = []
        never = threading.Event()
        while counted < number:
            never.wait(LOOK_EVERY_S)
            counted, now = self.counted(), CLOCK.monotonic()
            if counted and not first[1]:
                first = (now, counted)
            if counted >= number * (len(memory) + 1) / 5:
                memory.append(self.memory_mb())
            if now - began > _GIVE_UP_S:
                raise SystemExit(f"{counted} of {number} transits after {_GIVE_UP_S:.0f} s")
        return Drained(
            number=number,
            seconds=now - began,
            flowing_s=now - first[0],
            flowed=counted - first[1],
            memory_mb=memory,
        )

    def counted(self) -> int:
        """Transits that were stored or known, by all of them together."""
        return sum(int(float(value)) for port in self._ports for _, value in _COUNTED.findall(_metrics(port)))

    def memory_mb(self) -> int:
        return max(_resident_mb(part) for part in self._parts)


@contextlib.contextmanager
def ingests(folder: Path, url: str, bootstrap: str, environment: dict[str, str], processes: int) -> Iterator[Ingests]:
    """Started now, told to end when the context does; every one must end well."""
    ports = free_ports(processes)
    parts = [
        Part(
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
            part.keep()
        yield Ingests(parts, ports)
        if not all([part.end() for part in parts]):
            raise SystemExit("; ".join(fall for part in parts for fall in part.falls))
    finally:
        for part in parts:
            part.kill()


def _metrics(port: int) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())
    except urllib.error.URLError:  # not up yet
        return ""


def _resident_mb(part: Part) -> int:
    found = _MEMORY.search(Path(f"/proc/{part.pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0
