# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells of parked senders in log and metrics. Polled, since parking ends by silence."""

import logging
from contextlib import AbstractContextManager
from functools import partial

from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import SENDER_PARKED
from anpr.store.database.connection import Database
from anpr.store.refused_senders import UNKNOWN, parked_senders

LOOK_EVERY_S = 15.0
UNKNOWN_LABEL = "unknown"
log = logging.getLogger(__name__)


def watching_senders(database: Database, clock: Clock) -> AbstractContextManager[None]:
    """`tell_parked` now and every LOOK_EVERY_S in a thread for as long as the context lasts; any number of processes
    may."""
    told: set[str] = set()
    return every(LOOK_EVERY_S, partial(tell_parked, database, clock, told), "parked-senders", clock)


def tell_parked(database: Database, clock: Clock, told: set[str]) -> None:
    """Set the metric anew and log what changed since the last look, which `told` remembers. Raises StoreError."""
    with database.transaction() as conn:
        parked = parked_senders(conn, clock.now())
    SENDER_PARKED.clear()
    for one in parked:
        SENDER_PARKED.labels(_label(one.sender)).set(one.refused)
        if one.sender not in told:
            log.error("sender %s is parked: %d of its messages were refused (%s)", _label(one.sender), one.refused,
                      one.last_reason)  # fmt: skip
    now = {one.sender for one in parked}
    for sender in told - now:
        log.info("sender %s is parked no more", _label(sender))
    told.clear()
    told.update(now)


def _label(sender: str) -> str:
    return UNKNOWN_LABEL if sender == UNKNOWN else sender
