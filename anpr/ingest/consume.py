# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consumer with at-least-once delivery: polls, decodes, stores, and only then commits.

What fails in between comes again, and storing it again changes nothing. Nothing that a message holds ends a consumer or
keeps it from the next batch: errors of the database are the data's, this batch's, or ones to wait for (StoreFault).
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from anpr.domain.errors import StoreError, StoreFault, TransportError
from anpr.ingest.batch import Batch, decode
from anpr.ingest.clock_skew import watch_clocks
from anpr.ingest.dead_letter_topic import DeadLetterTopic
from anpr.ingest.isolate import store_apart
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.store_batch import LIVE_FOR, Centre, StoredBatch, store_batch
from anpr.ingest.summary import IngestSummary, count
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.runtime.steady_time import SteadyTime
from anpr.settings import IngestSettings, RetentionSettings
from anpr.store.database.partitions import Part, make_days, make_parts, utc_day
from anpr.store.refused_senders import LetterLimits
from anpr.store.retention import cutoffs, kept_from
from anpr.store.transits.discarded import TABLE as DISCARDED_TABLE
from anpr.transport.source import Incoming, Source

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_TRIES = 3
"""Of a batch that is too much for the database, with a wait between them: what is short may be short for a moment only.
After that the batch is divided."""


def letter_limits(settings: IngestSettings) -> LetterLimits:
    """What is kept of one sender's refused messages."""
    return LetterLimits(
        park_after=settings.park_after,
        letters=settings.dead_letters_per_reader,
        bytes=settings.dead_letter_mb_per_reader * 1_000_000,
    )


@dataclass(kw_only=True)
class Consumer:
    """Stores what one source gives. Holds one batch in memory, whatever is down. For one thread."""

    source: Source
    centre: Centre
    settings: IngestSettings
    clock: Clock
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    keys: KeyRing | None = None
    """The keys of readers, for what comes over a broker; None for what is from this machine."""
    dead_letters: DeadLetterTopic | None = None
    before_poll: Callable[[threading.Event], object] = lambda _: None
    """Called before each poll; may wait, for as long as `stop` is not set."""
    polled: Callable[[int], object] = lambda _: None
    """Told of each poll how many records it gave."""
    backoff: Backoff = field(default_factory=Backoff)
    summary: IngestSummary = field(default_factory=IngestSummary)
    problem: str | None = None
    """What it waits for now, in one line."""
    _time: SteadyTime = field(init=False)
    _tries: int = 0
    """How often this batch was too much for the database."""
    _parts: set[Part] = field(default_factory=set)
    """Days and purposes whose partitions are there."""
    _discard_days: set[date] = field(default_factory=set)
    """Days whose partition of discarded ids is there."""

    def __post_init__(self) -> None:
        self._time = SteadyTime(self.clock)

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set, waiting for a database or broker that is down.

        Raises TransportError where waiting is of no use.
        """
        while not stop.is_set():
            self.step(stop)

    def step(self, stop: threading.Event) -> bool:
        """Handle one batch, or wait once for one; true when there was one. What was polled is stored and committed, or
        comes again."""
        self.before_poll(stop)
        records = self._patiently(self._poll, stop) or []
        self.polled(len(records))
        if not records:
            return False
        self._tries = 0
        batch = self._patiently(lambda: self._store_records(records, stop), stop)
        if batch is None:  # told to stop while something is down: nothing is committed
            return False
        self.summary += count(batch)
        self._patiently(lambda: self.source.commit(records), stop)
        return True

    def _poll(self) -> list[Incoming]:
        return self.source.poll(self.settings.batch_size, self.settings.batch_wait_s)

    def _store_records(self, records: Sequence[Incoming], stop: threading.Event) -> StoredBatch:
        now, centre = self.clock.now(), self.centre.as_of_now()
        # Where the clock was set since the start, nothing is refused that is in order by the time before or after.
        earlier, later = self._time.both()
        kept = kept_from(cutoffs(self.retention, earlier))
        batch = decode(records, later, lambda gate_id: kept.of(centre.purpose_of(gate_id)), self.keys)
        self._make_days(centre, batch)
        stored = self._store(centre, batch, now, stop)
        self._watch_clocks(batch)
        if stored.refusals:
            reasons = Counter(f"{refusal.record.topic}: {refusal.reason}" for refusal in stored.refusals)
            log.warning("refused %s", ", ".join(f"{reason} ({times})" for reason, times in reasons.items()))
        if stored.letters and self.dead_letters is not None:
            self.dead_letters.send(stored.letters)
        return stored

    def _make_days(self, centre: Centre, batch: Batch) -> None:
        """Before the batch's own transaction, which would hold their locks to its end; retention bounds them."""
        found = [(each.captured_at, each.gate_id) for each in batch.transits]
        found += [(each.header.captured_at, each.header.gate_id) for each in batch.images]
        missing = {Part(utc_day(moment), centre.purpose_of(gate_id)) for moment, gate_id in found} - self._parts
        make_parts(centre.database, missing)
        self._parts |= missing
        if centre.hits_only:  # a gate may have become one of these after its day was made
            days = {utc_day(moment) for moment, _ in found} - self._discard_days
            make_days(centre.database, days, [DISCARDED_TABLE])
            self._discard_days |= days

    def _store(self, centre: Centre, batch: Batch, now: datetime, stop: threading.Event) -> StoredBatch:
        limits, live_since = letter_limits(self.settings), self._time.both()[0] - LIVE_FOR
        store = partial(store_batch, centre, now=now, limits=limits, keys=self.keys, live_since=live_since)
        try:
            return store(batch)
        except StoreError as exc:
            if exc.fault is StoreFault.BATCH:
                self._tries += 1
            if exc.fault is StoreFault.WAIT or (exc.fault is StoreFault.BATCH and self._tries < MOST_TRIES):
                raise
            log.error("a batch of %d was not taken (%s): storing it by parts", len(batch.records), exc)
        return store_apart(store, batch, stop)

    def _watch_clocks(self, batch: Batch) -> None:
        try:
            watch_clocks(self.centre.database, batch, self.settings.clock_tolerance_s)
        except StoreError as exc:
            if exc.fault is StoreFault.WAIT:
                raise
            log.error("clocks of readers cannot be judged by this batch: %s", exc)

    def _patiently(self, action: Callable[[], T], stop: threading.Event) -> T | None:
        """Repeat the action until it works and give its result; None when `stop` was set before."""
        while True:
            try:
                result = action()
            except (TransportError, StoreError) as exc:
                if isinstance(exc, TransportError) and exc.permanent:
                    raise
                self.problem = str(exc)
                wait_s = self.backoff.next_s()
                log.warning("%s; next try in %.1f s", exc, wait_s)
                if self.clock.wait(stop, wait_s):
                    return None
            else:
                self.problem = None
                self.backoff.reset()
                return result
