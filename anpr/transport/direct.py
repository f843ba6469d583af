# SPDX-License-Identifier: AGPL-3.0-or-later
"""Direct source: ingest reads the outbox of a reader on the same machine, without a broker."""

import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import OutboxFullError, TransportError
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CONSUMER_LAG, PUBLISHED
from anpr.transport.records import OutboxRecord, RecordKind
from anpr.transport.source import Incoming
from anpr.transport.spool import Spool

# How often an idle source asks whether the reader wrote: one look at shared memory, and part of each alarm's delay.
LOOK_EVERY_S = 0.01
LAG_EVERY_S = 5.0
_TOPIC_OF = {RecordKind.METADATA: TRANSITS_TOPIC, RecordKind.IMAGES: IMAGES_TOPIC}


class DirectSource:
    """Reads the outbox at `path`, metadata before images; a commit deletes what was read from it.

    The offset of a message is its number in the outbox. Opening makes the file when the reader has not yet.
    """

    def __init__(self, path: Path, clock: Clock, kinds: Sequence[RecordKind] = tuple(RecordKind)) -> None:
        self._spool = Spool(path)
        self._clock = clock
        self._position = dict.fromkeys(kinds, 0)
        self._seen_mark: int | None = None
        self._measure_at = clock.monotonic()
        self._never = threading.Event()

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:
        self._measure_lag()
        deadline = self._clock.monotonic() + timeout_s
        while True:
            found = self._next(max_records) if self._may_have_more() else []
            if found or self._clock.monotonic() >= deadline:
                return found
            self._clock.wait(self._never, min(LOOK_EVERY_S, timeout_s))

    def _measure_lag(self) -> None:
        if self._clock.monotonic() < self._measure_at:
            return
        self._measure_at = self._clock.monotonic() + LAG_EVERY_S
        waiting = self._spool.counts()
        for kind in self._position:
            CONSUMER_LAG.labels(_TOPIC_OF[kind]).set(waiting[kind].records)

    def _may_have_more(self) -> bool:
        mark = self._spool.change_mark()
        return mark != self._seen_mark

    def _next(self, max_records: int) -> list[Incoming]:
        mark = self._spool.change_mark()
        for kind, position in self._position.items():
            records = self._spool.pending(kind, max_records, position)
            if records:
                self._position[kind] = records[-1].seq
                return [_incoming(record) for record in records]
        self._seen_mark = mark  # asked for before the look: what was written meanwhile makes us look again
        return []

    def commit(self, records: Sequence[Incoming]) -> None:
        try:
            self._spool.acknowledge(record.offset for record in records)
        except OutboxFullError as exc:  # a deletion needs room too: tried again, like a broker that is away
            raise TransportError(str(exc)) from exc
        for topic, number in Counter(record.topic for record in records).items():
            PUBLISHED.labels(topic).inc(number)

    def close(self) -> None:
        self._spool.close()


def _incoming(record: OutboxRecord) -> Incoming:
    return Incoming(
        topic=record.topic,
        partition=0,
        offset=record.seq,
        key=record.key,
        headers=record.headers,
        value=record.value,
    )
