# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warning of agreements that are about to end, and the note that they have ended: once each, in the audit and the log.

It stops nothing: what an agreement opens is asked of its days whenever somebody looks.
"""

import logging
from contextlib import AbstractContextManager
from functools import partial

from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.organisations.agreements import tell_of_ends

EVERY_S = 3600.0
log = logging.getLogger(__name__)


def running_agreement_ends(database: Database, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    """`note_ends` now and every hour, in a thread for as long as the context lasts."""
    return every(EVERY_S, partial(note_ends, database, settings, clock), "ends of agreements", clock)


def note_ends(database: Database, settings: Settings, clock: Clock) -> None:
    """Tell of those that end within 30 days and of those that have ended. Raises StoreError."""
    now = clock.now()
    with database.transaction() as conn:
        told = tell_of_ends(conn, now, now.astimezone(settings.zone).date())
    for agreement in told.warned:
        log.warning("agreement %d of %s with %s ends on %s", agreement.id, agreement.grantor_id, agreement.grantee_id,
                    agreement.ends_on)  # fmt: skip
    for agreement in told.stopped:
        log.info("agreement %d of %s with %s has ended", agreement.id, agreement.grantor_id, agreement.grantee_id)
