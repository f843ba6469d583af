"""What the benchmarks of the centre have in common."""

import sys
from collections.abc import Callable

from anpr.runtime.clock import SystemClock

CLOCK = SystemClock()
Figures = dict[str, float | int | list[int]]
"""What is measured, by the name it has in the closing line of JSON."""


def say(line: str) -> None:
    """How it goes."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def timed(work: Callable[[], object]) -> float:
    """Seconds it took."""
    began = CLOCK.monotonic()
    work()
    return CLOCK.monotonic() - began
