"""What the database needs every hour without being asked: days made ahead, and what is too old dropped."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from anpr.domain.errors import StoreError
from anpr.runtime.background import beside
from anpr.runtime.clock import Clock
from anpr.settings import RetentionSettings
from anpr.store.database.connection import Database
from anpr.store.database.partitions import ensure_partitions_ahead
from anpr.store.images.image_store import ImageStore
from anpr.store.retention import run_retention

EVERY_S = 3600.0
RETRY_S = 60.0
_log = logging.getLogger(__name__)


@contextmanager
def kept_up(database: Database, images: ImageStore, settings: RetentionSettings, clock: Clock) -> Iterator[None]:
    """`keep_up` in a thread for as long as the context lasts."""
    with beside(partial(keep_up, database, images, settings, clock), "upkeep"):
        yield


def keep_up(
    database: Database, images: ImageStore, settings: RetentionSettings, clock: Clock, stop: threading.Event
) -> None:
    """Do it now and every hour until `stop` is set; after a failure, which is logged, again in a minute.

    Any number of processes may run it: one at a time drops, the others find nothing left to do.
    """
    while not stop.is_set():
        clock.wait(stop, EVERY_S if _once(database, images, settings, clock) else RETRY_S)


def _once(database: Database, images: ImageStore, settings: RetentionSettings, clock: Clock) -> bool:
    try:
        with database.transaction() as conn:
            ensure_partitions_ahead(conn, clock.now())
        expired = run_retention(database, images, settings, clock)
    except StoreError as exc:
        _log.warning("upkeep of the database failed: %s", exc)
        return False
    if not expired.is_nothing:
        _log.info(
            "retention: days dropped %s, rows removed %s",
            {table: len(days) for table, days in expired.days.items()},
            expired.rows,
        )
    for destination, number in expired.undelivered.items():
        _log.warning("destination %s: %d transits were dropped before it accepted them", destination, number)
    return True
