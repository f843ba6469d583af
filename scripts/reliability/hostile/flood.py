# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hostile reader: a process of its own that writes what one reader's login can write, as fast as it can.

    python -m scripts.reliability.hostile.flood '{"seed": 1, "start": "…", "amount": 100000, "bootstrap": "host:port"}'

Invalid messages of every kind, days without end, conflicting copies, health reports of cameras that do not exist, and
transits of its own that are in order.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from kafka import KafkaProducer

from anpr.contract.health import encode_health
from anpr.contract.topics import HEALTH_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.transit import Transit
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, connect
from anpr.transport.kafka.topics import MAX_RECORD_BYTES
from scripts.lab.transits import uuid7_of
from scripts.reliability.chaos.invalid_messages import InvalidMessages, Message
from scripts.reliability.chaos.traffic import Traffic

READER = "reader-hostile"
GATE = "gate-hostile"
_DAYS = 4_000
_POOL = 2_000


@dataclass(frozen=True, kw_only=True)
class FloodOptions:
    """What to send: `amount` messages of the sequence that `seed` gives; `start` as in Traffic."""

    seed: int
    start: str
    amount: int
    bootstrap: str


@dataclass
class Flood:
    """An endless, seeded stream of what a hostile reader writes."""

    traffic: Traffic
    now: datetime
    chance: random.Random
    number: int = 0

    def messages(self) -> Iterator[Message]:
        """Yield messages. Invalid ones are of a pool, since making each anew takes longer than sending it."""
        pool = list(islice(InvalidMessages(self.traffic, self.chance).messages(), _POOL))
        makers: dict[Callable[[], Message], int] = {
            lambda: self.chance.choice(pool): 55,
            self._old_day: 10,
            self._day_ahead: 5,
            self._conflict: 5,
            self._health: 10,
            self._in_order: 15,
        }
        while True:
            self.number += 1
            (make,) = self.chance.choices(list(makers), weights=list(makers.values()))
            yield make()

    def _old_day(self) -> Message:
        return _message(self._transit(self.now - timedelta(days=self.chance.randrange(9, _DAYS))))

    def _day_ahead(self) -> Message:
        return _message(self._transit(self.now + timedelta(days=self.chance.randrange(1, _DAYS))))

    def _conflict(self) -> Message:
        """Another plate under an id that was sent before, or will be: half of each pair is refused."""
        at = self.now - timedelta(seconds=self.chance.randrange(100))
        transit = replace(self._transit(at), id=uuid7_of(at, self.chance.randrange(50)))
        return _message(replace(transit, plate=f"QQ{self.number % 1000:03d}QQ"))

    def _health(self) -> Message:
        name = self.chance.choice((READER, f"camera-{self.number}"))
        kind = SubjectKind.READER if name == READER else SubjectKind.CAMERA
        change = Change(state="up", since=self.now - timedelta(seconds=self.chance.randrange(1, 3600)))
        report = HealthReport(kind=kind, id=name, reader_id=READER, gate_ids=(GATE,), at=self.now, changes=(change,))
        return Message(topic=HEALTH_TOPIC, key=f"{kind}/{name}".encode(), headers={}, value=encode_health(report))

    def _in_order(self) -> Message:
        return _message(self._transit(self.now - timedelta(milliseconds=self.chance.randrange(600_000))))

    def _transit(self, at: datetime) -> Transit:
        transit, _ = self.traffic.transit(self.number % 1_000_000)
        moments = {"captured_at": at, "first_seen": at, "last_seen": at}
        identity: UUID = uuid7_of(at, self.chance.randrange(1 << 60))
        names = {"gate_id": GATE, "camera_id": "camera-hostile", "reader_id": READER, "images": ()}
        return replace(transit, id=identity, **moments, **names)  # type: ignore[arg-type]


def _message(transit: Transit) -> Message:
    return Message(topic=TRANSITS_TOPIC, key=GATE.encode(), headers={}, value=encode_transit(transit))


def send(options: FloodOptions) -> tuple[int, float]:
    """Make them all, then send them; how many the broker acknowledged, and in how many s."""
    traffic = Traffic(seed=options.seed, start=datetime.fromisoformat(options.start))
    flood = Flood(traffic, datetime.now(UTC), random.Random(options.seed))
    client: dict[str, Any] = client_options(KafkaSettings(bootstrap=options.bootstrap))
    producer = connect(KafkaProducer, **client, acks=1, linger_ms=20, max_request_size=MAX_RECORD_BYTES)
    futures = []
    messages = list(islice(flood.messages(), options.amount))
    began = time.monotonic()
    for message in messages:
        headers = list(message.headers.items())
        futures.append(producer.send(message.topic, value=message.value, key=message.key or None, headers=headers))
    producer.flush()
    seconds = time.monotonic() - began
    acknowledged = sum(future.succeeded() for future in futures)
    producer.close()
    return acknowledged, seconds


if __name__ == "__main__":
    sys.stdout.write(json.dumps(send(FloodOptions(**json.loads(sys.argv[1])))))
