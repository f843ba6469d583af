# SPDX-License-Identifier: AGPL-3.0-or-later
"""Readers that work: each sends transits at a steady rate, a tenth of them listed, and their ways are timed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from kafka import KafkaProducer

from anpr.contract.topics import TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect
from scripts.lab.transits import make_transit, uuid7_of

READERS = 4
EVERY_S = 0.05
LISTED_EVERY = 10
_LOOK_EVERY_S = 0.05
WANTED = "ZZ999ZZ"


@dataclass
class Way:
    """One transit: when it was published, stored, and told by an alarm (s, monotonic; None: not yet)."""

    sent: float
    is_listed: bool
    stored: float | None = None
    raised: float | None = None

    @property
    def is_done(self) -> bool:
        return self.stored is not None and (self.raised is not None or not self.is_listed)


@dataclass
class GoodReaders:
    """Sends and watches in threads of their own until the block of `working` ends."""

    kafka: KafkaSettings
    database_url: str
    ways: dict[UUID, Way] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _watched: threading.Event = field(default_factory=threading.Event)
    _number: int = 0

    @contextmanager
    def working(self) -> Iterator[None]:
        """Send for as long as the block lasts, and watch until it ends."""
        threads = [threading.Thread(target=each, name=each.__name__) for each in (self._send, self._watch)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._watched.set()
            for thread in threads:
                thread.join()

    def end_sending(self) -> None:
        """No more transits; those on their way are still watched."""
        self._stop.set()

    @property
    def missing(self) -> int:
        """Transits that are not stored, or whose alarm is not raised."""
        with self._lock:
            return sum(not way.is_done for way in self.ways.values())

    def _send(self) -> None:
        options: dict[str, Any] = client_options(self.kafka)
        producer = connect(KafkaProducer, **options, acks="all")
        while not self._stop.wait(EVERY_S):
            self._number += 1
            reader, now = f"reader-good-{self._number % READERS}", datetime.now(UTC)
            is_listed = self._number % LISTED_EVERY == 0
            transit = make_transit(self._number, captured_at=now, first_seen=now, last_seen=now)
            gate, identity = f"gate-good-{self._number % READERS}", uuid7_of(now, self._number)
            transit = replace(transit, id=identity, gate_id=gate, reader_id=reader)
            if is_listed:
                transit = replace(transit, plate=WANTED, raw=WANTED)
            with self._lock:
                self.ways[transit.id] = Way(sent=time.monotonic(), is_listed=is_listed)
            producer.send(TRANSITS_TOPIC, value=encode_transit(transit), key=transit.gate_id.encode())
        producer.flush()
        producer.close()

    def _watch(self) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            while not self._watched.wait(_LOOK_EVERY_S):
                self._look(conn)

    def _look(self, conn: psycopg.Connection[Any]) -> None:
        def note(query: str, pending: Callable[[Way], bool], name: str) -> None:
            with self._lock:
                ids = [identity for identity, way in self.ways.items() if pending(way)]
            found = conn.execute(query, (ids,)).fetchall()
            now = time.monotonic()
            for (identity,) in found:
                setattr(self.ways[identity], name, now)

        note("SELECT id FROM transits WHERE id = ANY(%s)", lambda way: way.stored is None, "stored")
        query = "SELECT transit_id FROM sightings WHERE transit_id = ANY(%s)"
        note(query, lambda way: way.is_listed and way.raised is None, "raised")
