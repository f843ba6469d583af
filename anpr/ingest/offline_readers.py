# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marks readers offline that have sent no heartbeat for 90 s. Polled, since silence sends no message."""

import logging
from contextlib import AbstractContextManager
from functools import partial

from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import READER_OFFLINE
from anpr.store.database.connection import Database
from anpr.store.health.record import mark_offline

LOOK_EVERY_S = 15.0
log = logging.getLogger(__name__)


def watching_readers(database: Database, clock: Clock) -> AbstractContextManager[None]:
    """`mark_silent_readers` every LOOK_EVERY_S in a thread for as long as the context lasts; any number of processes
    may. Not at once: heartbeats that came while no ingest ran wait to be stored first.
    """
    return every(LOOK_EVERY_S, partial(mark_silent_readers, database, clock), "offline-readers", clock, at_once=False)


def mark_silent_readers(database: Database, clock: Clock) -> None:
    """Mark, log and count readers that fell silent since the last look. Raises StoreError."""
    with database.transaction() as conn:
        silent = mark_offline(conn, clock.now())
    for reader_id in silent:
        READER_OFFLINE.labels(reader_id).inc()
        log.warning("reader %s is offline: it was not heard of for 90 s", reader_id)
