# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warning of agreements that are about to end, and the note that they have ended: once each, in the audit and the log.
The metric counts all that is about to end, so that somebody hears of it who opens no page; another one lists that are
out of date.

It stops nothing: what an agreement opens is asked of its days whenever somebody looks.
"""

import logging
from collections import Counter
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from anpr.documents.collect import collect_ends
from anpr.documents.ends import EndKind, ends_of
from anpr.runtime.background import every
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import ENDS_PRESSING, FALSE_READ_WARNINGS, LIST_PLACES_TROUBLED, LISTS_HELD, LISTS_STALE
from anpr.settings import Settings
from anpr.store.alarms.statistics import recent_wolves
from anpr.store.database.connection import Database
from anpr.store.organisations.agreements import tell_of_ends
from anpr.store.watchlists.cards import stale_lists
from anpr.store.watchlists.places import troubled_places
from anpr.store.watchlists.received import held_proposals

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
    _count_ends(database, settings, now)


def _count_ends(database: Database, settings: Settings, now: datetime) -> None:
    """Of gates, agreements, protocols, certificates and holds: this process reads no user."""
    with database.transaction() as conn:
        ends = ends_of(collect_ends(conn, settings, now, people=False))
        LISTS_STALE.set(len(stale_lists(conn, now)))
        LISTS_HELD.set(held_proposals(conn, now))
        places = troubled_places(conn, now, settings.watchlists.pickup_every_s)
        found = recent_wolves(conn, settings.alarms, now, settings.zone)
    failing = sum(1 for each in places if each.failing_since is not None)
    LIST_PLACES_TROUBLED.labels("failing").set(failing)
    LIST_PLACES_TROUBLED.labels("late").set(len(places) - failing)
    FALSE_READ_WARNINGS.labels("list").set(len(found.lists))
    FALSE_READ_WARNINGS.labels("camera").set(len(found.cameras))
    pressing = Counter(end.kind for end in ends if end.presses)
    for kind in EndKind:
        if kind is not EndKind.USER:
            ENDS_PRESSING.labels(kind).set(pressing[kind])
