"""Notices readers that fell silent. A silence sends no message, so somebody has to look."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from anpr.domain.errors import StoreError
from anpr.runtime.background import beside
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import READERS_AWAY
from anpr.store.database.connection import Database
from anpr.store.health import mark_away

LOOK_EVERY_S = 15.0
_log = logging.getLogger(__name__)


@contextmanager
def watched_readers(database: Database, clock: Clock) -> Iterator[None]:
    """`watch_readers` in a thread for as long as the context lasts."""
    with beside(partial(watch_readers, database, clock), "away"):
        yield


def watch_readers(database: Database, clock: Clock, stop: threading.Event) -> None:
    """Look every LOOK_EVERY_S until `stop` is set; any number of processes may. Waits for a database that is away."""
    while not clock.wait(stop, LOOK_EVERY_S):
        try:
            with database.transaction() as conn:
                silent = mark_away(conn, clock.now())
        except StoreError as exc:
            _log.warning("looking for silent readers failed: %s", exc)
            continue
        for reader_id in silent:
            READERS_AWAY.labels(reader_id).inc()
            _log.warning("reader %s is away: it was not heard of for 90 s", reader_id)
