# SPDX-License-Identifier: AGPL-3.0-or-later
"""LISTEN with reconnect: follows PostgreSQL's notifications over connections that may be lost."""

import logging
import threading
from collections.abc import Callable, Sequence

from anpr.domain.errors import StoreError
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database, Notification

log = logging.getLogger(__name__)


def follow(
    database: Database,
    channels: Sequence[str],
    on_note: Callable[[Notification], object],
    on_lost: Callable[[], object],
    clock: Clock,
    stop: threading.Event,
) -> None:
    """Call `on_note` for each notification on these channels until `stop` is set. Blocks: run it in a thread.

        with running(partial(follow, database, ["anpr_alarm"], self._announce, self._lost, clock), "alarm-feed"):

    Where the connection is lost, cannot be made, or `on_note` raises StoreError, the error is logged, `on_lost` is
    called, and after a wait that doubles up to 30 s a new connection is made. What is notified in between is never
    delivered: notifications make things fast, and the caller reads now and then from the tables what it missed
    (`anpr.runtime.background.every`). Both functions are called in this thread.
    """
    backoff = Backoff()
    while not stop.is_set():
        began = clock.monotonic()
        try:
            for note in database.notifications(channels, stop):
                on_note(note)
        except StoreError as exc:
            if clock.monotonic() - began > backoff.most_s:
                backoff.reset()  # it was connected until now
            wait_s = backoff.next_s()
            log.warning("listening on %s: %s; next try in %.1f s", ", ".join(channels), exc, wait_s)
            on_lost()
            clock.wait(stop, wait_s)
