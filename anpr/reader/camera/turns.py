# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fair semaphore for the cameras' threads: first come, first served, with the newest frame when the turn comes.

A thread that waited for a core with its frame in hand would examine an old frame; one that asks again at once after it
had a core must not go before those that wait (a threading.Semaphore lets it).
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """So many threads work at once; the others wait in the order in which they came."""

    def __init__(self, number: int) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._free = 0
        self._waiting: deque[threading.Event] = deque()
        self.grow(number)

    def grow(self, number: int) -> None:
        """Let at least so many work at once."""
        with self._lock:
            while self._number < number:
                self._number += 1
                self._pass_on()

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return len(self._waiting)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and hold it."""
        self._wait()
        try:
            yield
        finally:
            with self._lock:
                self._pass_on()

    def _wait(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Event()
            self._waiting.append(called)
        called.wait()

    def _pass_on(self) -> None:
        """The turn goes to who waits longest; it is free only where nobody does, so that nobody pushes in."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1
