# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retro-match: looks for new watchlist entries among the transits already stored.

Any number of processes may run it: a lock in the database lets one of them work at a time.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from anpr.domain.reasons import RetroOutcome
from anpr.runtime.background import Periodic, running
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import RETRO_PENDING, RETRO_TRANSITS, preset
from anpr.settings import Settings
from anpr.store.alarms.retro import RetroLimits, RetroStep, pending_entries, retro_step, writers
from anpr.store.database.connection import Database
from anpr.store.retention import cutoffs, start_of
from anpr.store.watchlists.matching import list_version

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
_LOOK_AT_WRITERS_S = 0.05


@contextmanager
def retro_matching(database: Database, settings: Settings, clock: Clock) -> Iterator[threading.Event]:
    """Retro-match in a thread for as long as the context lasts. Set the event that it gives when lists have changed."""
    retro = RetroMatch(database=database, settings=settings, clock=clock)
    with running(retro.run, "retro", retro.changed):
        yield retro.changed


@dataclass(kw_only=True)
class RetroMatch:
    """Retro-match in one process. Holds one step in memory; how far it has come is a row in the database."""

    database: Database
    settings: Settings
    clock: Clock
    changed: threading.Event = field(default_factory=threading.Event)

    def run(self, stop: threading.Event) -> None:
        """Look for new entries whenever there are some, until `stop` is set. Tries again while the database is down."""
        for outcome in RetroOutcome:
            preset(RETRO_TRANSITS, outcome)
        Periodic(
            every_s=LOOK_EVERY_S,
            work=partial(self.catch_up, stop),
            name="retro-match",
            clock=self.clock,
            wake=self.changed,
        ).run(stop)

    def catch_up(self, stop: threading.Event) -> None:
        """Look for all entries that are committed now, unless another process does. Raises StoreError."""
        if not self._tell_pending():
            return
        version = self._wait_for_writers(stop)
        while not stop.is_set():
            with self.database.transaction() as conn:
                step = retro_step(conn, self._limits(), self._since(), self.clock.now(), version)
            if step is None:
                break
            _tell(step)
            self._tell_pending()
        self._tell_pending()

    def _tell_pending(self) -> int:
        with self.database.transaction() as conn:
            pending = pending_entries(conn)
        RETRO_PENDING.set(pending)
        return pending

    def _wait_for_writers(self, stop: threading.Event) -> int:
        """The version of the lists; no batch that did not see it is under way any more, unless `stop` is set."""
        with self.database.transaction() as conn:
            version = list_version(conn)
        with self.database.transaction() as conn:
            waited_for = writers(conn)
        while waited_for and not self.clock.wait(stop, _LOOK_AT_WRITERS_S):
            with self.database.transaction() as conn:
                waited_for &= writers(conn)
        return version

    def _limits(self) -> RetroLimits:
        ingest = self.settings.ingest
        day = self.clock.now().astimezone(self.settings.zone).date()
        return RetroLimits(
            per_entry=ingest.retro_per_entry,
            per_change=ingest.retro_per_change,
            day=day,
            join_after_close=self.settings.alarms.join_after_close,
        )

    def _since(self) -> datetime:
        """The oldest capture time to look at: retention would drop older alarms at once."""
        kept = cutoffs(self.settings.retention, self.clock.now())
        return start_of(max(kept.oldest, kept.alarms))


def _tell(step: RetroStep) -> None:
    RETRO_TRANSITS.labels(RetroOutcome.RAISED).inc(len(step.raised))
    RETRO_TRANSITS.labels(RetroOutcome.HELD_BACK).inc(step.held_back)
    if step.searched or step.raised or step.held_back:
        log.info(
            "watchlists' version %d: %d new entries looked for in the past, %d sightings found, %d held back",
            step.version,
            step.searched,
            len(step.raised),
            step.held_back,
        )
