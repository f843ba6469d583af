"""A reader without cameras: numbered transits into a real outbox, pumped to Kafka. Started, and killed, by the driver.

    python -m scripts.faults.sender '{…Orders…}'

Prints each number once the outbox has accepted it. SIGUSR1: make many at once. SIGTERM: make no more, publish what
waits, and end.
"""

import contextlib
import json
import os
import signal
import sqlite3
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType

from anpr.clock import Clock, SystemClock
from anpr.domain.errors import OutboxFullError
from anpr.domain.transit import ImageRole
from anpr.settings import KafkaSettings
from anpr.transport.kafka import KafkaPublisher
from anpr.transport.outbox import Outbox
from anpr.transport.pump import pump
from scripts.faults.traffic import Traffic

BURST = 400
OUTBOX = "outbox.sqlite"
_HISTORY = (
    "CREATE TABLE IF NOT EXISTS put_log (seq INTEGER PRIMARY KEY, key BLOB NOT NULL, headers TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS given_up (seq INTEGER PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS giving_up (yes INTEGER NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS log_put AFTER INSERT ON records WHEN new.kind = 'images' BEGIN"
    "  INSERT INTO put_log VALUES (new.seq, new.key, new.headers); END",
    "CREATE TRIGGER IF NOT EXISTS log_given_up AFTER DELETE ON records WHEN EXISTS (SELECT 1 FROM giving_up) BEGIN"
    "  INSERT INTO given_up VALUES (old.seq); END",
)


class ChronicleOutbox(Outbox):
    """Writes down, in the transactions themselves, which pictures it took and which it gave up for want of room."""

    def __init__(self, path: Path, max_bytes: int, clock: Clock) -> None:
        super().__init__(path, max_bytes, clock)
        for statement in _HISTORY:
            self._connection.execute(statement)

    def _drop_oldest_images(self, connection: sqlite3.Connection, excess: int) -> Counter[str]:
        connection.execute("INSERT INTO giving_up VALUES (1)")
        dropped = super()._drop_oldest_images(connection, excess)
        connection.execute("DELETE FROM giving_up")
        return dropped


@dataclass
class Sender:
    """Makes transits at `rate` per second."""

    traffic: Traffic
    outbox: Outbox
    clock: Clock
    rate: float
    number: int
    stop: threading.Event
    burst: int = 0

    def run(self) -> None:
        """Until `stop` is set."""
        while not self.stop.is_set():
            accepted = self._put()
            self.burst = max(0, self.burst - 1)
            if not accepted or not self.burst:
                self.clock.wait(self.stop, 1 / self.rate)

    def _put(self) -> bool:
        transit, pictures = self.traffic.transit(self.number)
        with contextlib.suppress(OutboxFullError):  # not accepted: the same one again
            self.outbox.put_transit(transit, pictures)
            os.write(1, f"{self.number}\n".encode())
            self.number += 1
            return True
        return False


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What the driver tells a sender."""

    folder: str
    bootstrap: str
    seed: int
    start: str
    """When number 0 was captured."""
    first: int
    """The number to go on with."""
    rate: float
    """Transits per second."""
    quota: int
    """Bytes of the outbox."""


def main(orders: Orders) -> None:
    clock, stop, drained = SystemClock(), threading.Event(), threading.Event()
    path = Path(orders.folder) / OUTBOX
    with (
        contextlib.closing(ChronicleOutbox(path, orders.quota, clock)) as outbox,
        contextlib.closing(KafkaPublisher(KafkaSettings(bootstrap=orders.bootstrap))) as publisher,
        ThreadPoolExecutor(1) as thread,
    ):
        traffic = Traffic(seed=orders.seed, start=datetime.fromisoformat(orders.start))
        sender = Sender(traffic, outbox, clock, orders.rate, orders.first, stop)
        _heed_signals(sender)
        pumping = thread.submit(pump, outbox, publisher, clock, drained)
        pumping.add_done_callback(lambda _: stop.set())  # a pump that fell is told below
        try:
            sender.run()
            while not pumping.done() and any(waiting.records for waiting in outbox.counts().values()):
                clock.wait(drained, 0.1)
        finally:
            drained.set()
        pumping.result()


def _heed_signals(sender: Sender) -> None:
    def many(_signal: int, _frame: FrameType | None) -> None:
        sender.burst = BURST

    def end(_signal: int, _frame: FrameType | None) -> None:
        sender.stop.set()

    signal.signal(signal.SIGUSR1, many)
    signal.signal(signal.SIGTERM, end)


def pictures_that_must_arrive(outbox: Path) -> set[tuple[bytes, ImageRole]]:
    """(key, role) of each picture that this outbox took and did not give up."""
    with contextlib.closing(sqlite3.connect(outbox)) as connection:
        rows = connection.execute(
            "SELECT key, json_extract(headers, '$.role') FROM put_log WHERE seq NOT IN (SELECT seq FROM given_up)"
        ).fetchall()
    return {(bytes(key), ImageRole(role)) for key, role in rows}


if __name__ == "__main__":
    main(Orders(**json.loads(sys.argv[1])))
