# SPDX-License-Identifier: AGPL-3.0-or-later
"""Progress line of `anpr up`: often in the first minute, then rarely, and only where something happened."""

from collections.abc import Callable

from anpr.store.users.activity import Activity
from anpr.up.deployment import Echo

OFTEN_EVERY_S = 10.0
OFTEN_FOR_S = 60.0
"""In the first minute somebody looks on; after that the line ends in a journal."""
RARELY_EVERY_S = 600.0


class ProgressLine:
    """Says what was done so far, whenever it is due."""

    def __init__(self, ask: Callable[[], Activity], echo: Echo) -> None:
        """`ask` gives the totals since the start; it is called only when a line is due."""
        self._ask = ask
        self._echo = echo
        self._due_s = OFTEN_EVERY_S
        self._told: Activity | None = None

    def tell(self, passed_s: float) -> None:
        """Call it as often as you like, with the seconds since the start."""
        if passed_s < self._due_s:
            return
        self._due_s = passed_s + (OFTEN_EVERY_S if passed_s < OFTEN_FOR_S else RARELY_EVERY_S)
        done = self._ask()
        if done != self._told:
            self._told = done
            self._echo(f"{passed_s:5.0f} s  {done.transits} transits, {done.alarms} alarms, {done.forwarded} forwarded")
