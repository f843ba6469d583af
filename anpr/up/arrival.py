# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waits at the start of `anpr up` for a database server of one's own that is not there yet, and says so."""

import threading
from collections.abc import Callable

from anpr.runtime.clock import Clock
from anpr.store.database.arrival import server_of, why_away
from anpr.up.deployment import Echo

TRY_EVERY_S = 2.0
AGAIN_EVERY_S = 60.0


def wait_for_database(
    url: str,
    clock: Clock,
    stop: threading.Event,
    echo: Echo,
    ask: Callable[[str], str | None] = why_away,
) -> bool:
    """Until the server at `url` answers, or `stop` is set: whether it answers. `ask` says why it does not.

    Said are the host and the reason: at first, and once a minute. Raises StoreError when it refuses our password.
    """
    began_s = clock.monotonic()
    told_s: float | None = None
    while not stop.is_set():
        reason = ask(url)
        now_s = clock.monotonic()
        if reason is None:
            if told_s is not None:
                echo(f"database: {server_of(url)} answers after {now_s - began_s:.0f} s")
            return True
        if told_s is None or now_s - told_s >= AGAIN_EVERY_S:
            told_s = now_s
            echo(f"database: waiting for {server_of(url)} since {now_s - began_s:.0f} s ({reason}); Ctrl-C ends it")
        clock.wait(stop, TRY_EVERY_S)
    return False
