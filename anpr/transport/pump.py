# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pump: publishes from the outbox, metadata before images, oldest first; keeps each record until acknowledged."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from anpr.domain.errors import OutboxFullError, TransportError
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.transport.records import OutboxRecord, RecordKind
from anpr.transport.spool import Spool

log = logging.getLogger(__name__)

PAGE_RECORDS = 500
LOOK_EVERY_S = 0.05


class Publisher(Protocol):
    """Sends records to the centre."""

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        """Send all; the `seq` of those that were acknowledged. Raises TransportError when none was."""


class Pump:
    """Moves records while `run` runs; one per outbox."""

    def __init__(self, outbox: Spool, publisher: Publisher, clock: Clock, backoff: Backoff | None = None) -> None:
        self._outbox = outbox
        self._publisher = publisher
        self._clock = clock
        self._backoff = backoff or Backoff()
        # Where the broker refused a whole page for good, we go on behind it until everything else is out.
        self._behind = dict.fromkeys(RecordKind, 0)

    def run(self, stop: threading.Event) -> None:
        """Publish what waits, and what comes, until `stop` is set.

        A broker that is down is tried again for ever: the outbox keeps the records, within its quota.
        Raises TransportError when the outbox cannot be read.
        """
        while not stop.is_set():
            page = self._next_page()
            if page is None:
                self._clock.wait(stop, LOOK_EVERY_S)
                continue
            try:
                self._publish(*page)
            except (TransportError, OutboxFullError) as exc:
                wait_s = self._backoff.next_s()
                log.warning("%s; next try in %.1f s", exc, wait_s)
                self._clock.wait(stop, wait_s)
            else:
                self._backoff.reset()

    def step(self) -> bool:
        """Publish one page; false when nothing waits. Raises TransportError when none of it was acknowledged."""
        page = self._next_page()
        if page is None:
            return False
        self._publish(*page)
        return True

    def _next_page(self) -> tuple[RecordKind, list[OutboxRecord]] | None:
        for kind in RecordKind:  # metadata first, asked for anew before each page of images
            page = self._outbox.pending(kind, PAGE_RECORDS, self._behind[kind])
            if page:
                return kind, page
        self._behind = dict.fromkeys(RecordKind, 0)
        return None

    def _publish(self, kind: RecordKind, page: list[OutboxRecord]) -> None:
        try:
            acknowledged = self._publisher.publish(page)
        except TransportError as exc:
            if exc.permanent:
                self._behind[kind] = page[-1].seq
            raise
        self._outbox.acknowledge(acknowledged)


def pump(outbox: Spool, publisher: Publisher, clock: Clock, stop: threading.Event) -> None:
    """Publish from this outbox until `stop` is set; see Pump.run."""
    Pump(outbox, publisher, clock).run(stop)
