# SPDX-License-Identifier: AGPL-3.0-or-later
"""Priority scheduling of consumers: health reports and images give way while transits are behind.

All of them share a processor and a database. After an outage, or while one sender floods its topics, alarms depend on
transits alone; what gives way goes on slowly, so that nothing is starved.
"""

import threading

from anpr.runtime.clock import Clock

BEHIND = 200
"""Records of one poll from which transits are behind: a poll of a quiet centre gives a handful."""
LONGEST_S = 5.0
"""Before each batch. So a thousand cameras' heartbeats still get through, 500 a batch."""
_LOOK_EVERY_S = 0.2


class Precedence:
    """Between the consumer of transits and the others of one process; for any number of threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._caught_up = threading.Event()
        self._caught_up.set()

    def polled(self, records: int) -> None:
        """How many transits the last poll gave."""
        if records >= BEHIND:
            self._caught_up.clear()
        else:
            self._caught_up.set()

    def give_way(self, stop: threading.Event) -> None:
        """Wait until transits have caught up, LONGEST_S have passed, or `stop` is set."""
        until = self._clock.monotonic() + LONGEST_S
        while not stop.is_set() and self._clock.monotonic() < until:
            if self._clock.wait(self._caught_up, _LOOK_EVERY_S):
                return
