# SPDX-License-Identifier: AGPL-3.0-or-later
"""Consumer with at-least-once delivery: polls, decodes, stores, and only then commits.

What fails in between comes again, and storing it again changes nothing.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from anpr.domain.errors import PoisonRunError, StoreError, TransportError
from anpr.ingest.batch import Batch, Refusal, decode
from anpr.ingest.clock_skew import watch_clocks
from anpr.ingest.dead_letter_topic import DeadLetterTopic
from anpr.ingest.store_batch import Match, StoredBatch, store_batch, store_one_by_one
from anpr.ingest.summary import IngestSummary, count
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.settings import IngestSettings
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore
from anpr.store.watchlists.matching import matching_entries
from anpr.transport.source import Incoming, Source

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Centre:
    """Where every consumer of this process writes: the database, and the images' bytes."""

    database: Database
    images: ImageStore
    match: Match = matching_entries
    """How transits find their entries; ingest gives the matcher that has all lists in memory."""


@dataclass(kw_only=True)
class Consumer:
    """Stores what one source gives. Holds one batch in memory, whatever is down. For one thread."""

    source: Source
    centre: Centre
    settings: IngestSettings
    clock: Clock
    dead_letters: DeadLetterTopic | None = None
    backoff: Backoff = field(default_factory=Backoff)
    summary: IngestSummary = field(default_factory=IngestSummary)
    problem: str | None = None
    """What it waits for now, in one line."""
    _poison_run: int = 0
    _is_replay: bool = False
    """Whether the last batch was stored before: then the next one is too, most likely."""

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set, waiting for a database or broker that is down.

        Raises PoisonRunError, and TransportError where waiting is of no use.
        """
        while not stop.is_set():
            self.step(stop)

    def step(self, stop: threading.Event) -> bool:
        """Handle one batch, or wait once for one; true when there was one. What was polled is stored and committed, or
        comes again."""
        records = self._patiently(self._poll, stop)
        if not records:
            return False
        batch = self._patiently(lambda: self._store_records(records), stop)
        if batch is None:  # told to stop while something is down: nothing is committed
            return False
        self.summary += count(batch)
        self._watch_poison(records, batch.refusals)
        self._patiently(lambda: self.source.commit(records), stop)
        return True

    def _poll(self) -> list[Incoming]:
        return self.source.poll(self.settings.batch_size, self.settings.batch_wait_s)

    def _store_records(self, records: Sequence[Incoming]) -> StoredBatch:
        now = self.clock.now()
        batch = decode(records, now)
        stored = self._store(batch, now)
        self._is_replay = stored.duplicates > stored.stored
        watch_clocks(self.centre.database, batch, self.settings.clock_tolerance_s)
        if stored.refusals:
            reasons = Counter(f"{refusal.record.topic}: {refusal.reason}" for refusal in stored.refusals)
            log.warning("refused %s", ", ".join(f"{reason} ({times})" for reason, times in reasons.items()))
            if self.dead_letters is not None:
                self.dead_letters.send(stored.refusals)
        return stored

    def _store(self, batch: Batch, now: datetime) -> StoredBatch:
        try:
            return store_batch(
                self.centre.database, self.centre.images, batch, now, self.centre.match, is_replay=self._is_replay
            )
        except StoreError as exc:
            if not exc.refused:
                raise
            log.error("a batch of %d was refused (%s): storing its messages one by one", len(batch.records), exc)
            return store_one_by_one(self.centre.database, self.centre.images, batch, now, self.centre.match)

    def _watch_poison(self, records: Sequence[Incoming], refusals: Sequence[Refusal]) -> None:
        """Before the commit: a process that is started again meets the same run, and does not drain the topic."""
        refused = {(refusal.record.topic, refusal.record.partition, refusal.record.offset) for refusal in refusals}
        for each in records:
            is_refused = (each.topic, each.partition, each.offset) in refused
            self._poison_run = self._poison_run + 1 if is_refused else 0
            if self._poison_run >= self.settings.max_poison_run:
                raise PoisonRunError(
                    f"{self._poison_run} messages in a row were refused, the last at {each.topic} partition"
                    f" {each.partition} offset {each.offset}: look at the dead letters, then start ingest again"
                    " (ingest.max_poison_run)"
                )

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
