# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waiting in tests: polls a check until it holds, with a deadline that only a broken program misses."""

import threading
from collections.abc import Callable
from typing import TypeVar

from anpr.runtime.clock import SystemClock

WITHIN_S = 240.0
"""A second on a quiet machine; a busy one that is four times slower needs half a minute for some things."""
LONGEST_PAUSE_S = 0.25
"""Between two checks: a check that is often asked takes the processor from what it waits for."""
_FIRST_PAUSE_S = 0.005

T = TypeVar("T")


def eventually(
    check: Callable[[], T],
    within_s: float = WITHIN_S,
    *,
    every_s: float = LONGEST_PAUSE_S,
    seen: Callable[[], object] = lambda: None,
) -> T:
    """Call `check` until it returns something true, and return that. Pauses grow up to `every_s`.

    Raises AssertionError with what `seen` returns after `within_s` seconds, and at once whatever `check` raises.
    """
    clock, never = SystemClock(), threading.Event()
    deadline = clock.monotonic() + within_s
    pause_s = _FIRST_PAUSE_S
    while not (found := check()):
        assert clock.monotonic() < deadline, f"not within {within_s:g} s: {seen()}"
        clock.wait(never, pause_s)
        pause_s = min(2 * pause_s, every_s)
    return found
