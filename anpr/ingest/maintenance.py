# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hourly maintenance of the database: makes the coming days' partitions, and drops what is past retention."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from anpr.domain.errors import RetentionRefusedError
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import RETENTION_REFUSED, UNANNOUNCED_IMAGES
from anpr.settings import RetentionSettings
from anpr.store.database.connection import Database
from anpr.store.database.partitions import NO_PURPOSE, ensure_partitions_ahead
from anpr.store.images.image_store import ImageStore
from anpr.store.images.unannounced import WAIT_FOR, sweep
from anpr.store.retention import Expired, run_retention

EVERY_S = 3600.0
log = logging.getLogger(__name__)


def running_maintenance(
    database: Database,
    images: ImageStore,
    settings: RetentionSettings,
    clock: Clock,
    purposes: Callable[[], Sequence[str]],
) -> AbstractContextManager[None]:
    """`maintain` now and every hour, in a thread for as long as the context lasts; `purposes` are asked for each time.

    Any number of processes may run it: one at a time drops, the others find nothing left to do.
    """
    return every(EVERY_S, lambda: maintain(database, images, settings, clock, purposes()), "maintenance", clock)


def maintain(
    database: Database,
    images: ImageStore,
    settings: RetentionSettings,
    clock: Clock,
    purposes: Sequence[str] = (NO_PURPOSE,),
) -> None:
    """Make partitions ahead, sweep images that no transit names, and run retention, once. Raises StoreError.

    Partitions of other purposes than these are made when something comes. A refusal of retention is logged and told by
    /metrics.
    """
    with database.transaction() as conn:
        ensure_partitions_ahead(conn, clock.now(), purposes=purposes)
    if swept := sweep(database, images.shelf, clock):
        UNANNOUNCED_IMAGES.inc(swept)
        log.warning("%d images were removed: no transit named them within %s", swept, WAIT_FOR)
    try:
        expired = run_retention(database, images, settings, clock)
    except RetentionRefusedError as exc:  # tried again in an hour, and not every minute like what may pass by itself
        RETENTION_REFUSED.set(1)
        log.error("%s", exc)
        return
    RETENTION_REFUSED.set(0)
    _tell(expired)


def _tell(expired: Expired) -> None:
    if not expired.is_nothing:
        log.info(
            "retention: days dropped %s, rows removed %s",
            {table: len(days) for table, days in expired.days.items()},
            expired.rows,
        )
    for destination, number in expired.undelivered.items():
        log.warning("destination %s: %d transits were dropped before it accepted them", destination, number)
    if expired.left_alarms:
        log.warning("retention: %d open alarms are too old and wait for somebody to close them", expired.left_alarms)
