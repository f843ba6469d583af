# SPDX-License-Identifier: AGPL-3.0-or-later
"""Background traffic: late, expired and duplicate transits on any partition, and invalid messages."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from anpr.contract.image import image_header
from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.errors import TransportError
from anpr.domain.transit import ImageRole
from anpr.settings import KafkaSettings
from anpr.transport.kafka.client import client_options, close_producer, connect, mapped_errors
from anpr.transport.kafka.topics import MAX_RECORD_BYTES
from scripts.reliability.chaos.environment import BACKGROUND_FROM, PARTITIONS, AcceptedCounter
from scripts.reliability.chaos.invalid_messages import InvalidMessages, Message, conflicting_image
from scripts.reliability.chaos.traffic import LISTED_EVERY, OLD_FROM, Traffic

EVERY_S = 0.5
BACKGROUND_HEADER = "chaos-background"
"""Header that marks background traffic, to tell it from what the sender sent."""
_DELIVERY_MS = 6_000


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Number of messages of each kind in one batch."""

    late: int = 2
    duplicates: int = 4
    garbage: int = 25
    conflicting: int = 1
    old: int = 1


@dataclass
class Sent:
    """What the broker has acknowledged."""

    late: set[int] = field(default_factory=set)
    """Numbers of the transits that only the background traffic sends, those past retention included."""
    images: set[tuple[int, ImageRole]] = field(default_factory=set)
    duplicates: int = 0
    garbage: int = 0


@dataclass(frozen=True, kw_only=True)
class _Send:
    message: Message
    partition: int
    done: Callable[[], None]


class BackgroundTraffic:
    """Sends a batch every EVERY_S in a thread of its own; resends what was not acknowledged."""

    def __init__(self, kafka: KafkaSettings, traffic: Traffic, accepted: AcceptedCounter, amounts: Amounts) -> None:
        self.sent = Sent()
        self._kafka = kafka
        self._traffic = traffic
        self._accepted = accepted
        self._amounts = amounts
        self._chance = random.Random(traffic.seed + 1)
        self._garbage = InvalidMessages(traffic, random.Random(traffic.seed + 2)).messages()
        self._late = BACKGROUND_FROM
        self._arrivals: list[tuple[int, ImageRole, int]] = []
        self._old = OLD_FROM + 1
        self._least_garbage = 0
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="background-traffic")
        self._running: Future[None] | None = None
        self._producer: Any = None

    def start(self) -> None:
        self._running = self._thread.submit(self._run)

    def end(self, timeout_s: float, least_garbage: int = 0) -> bool:
        """Send what is left, and invalid messages up to `least_garbage`; whether that was done in time.

        Raises what the thread raised.
        """
        self._least_garbage = least_garbage
        self._stop.set()
        try:
            if self._running is not None:
                self._running.result(timeout_s)
        except TimeoutError:
            return False
        finally:
            self._thread.shutdown(wait=False)
        return True

    def _run(self) -> None:
        left: list[_Send] = []
        while not self._stop.is_set():
            left = self._send(left + self._batch())
            self._stop.wait(EVERY_S)
        while left or self.sent.garbage < self._least_garbage:
            missing = self._least_garbage - self.sent.garbage - len(left)
            left = self._send(left + [self._invalid_send(next(self._garbage)) for _ in range(min(100, missing))])
        self._close()

    def _batch(self) -> list[_Send]:
        sends = [self._invalid_send(next(self._garbage)) for _ in range(self._amounts.garbage)]
        sends += self._conflicting()
        for _ in range(self._amounts.late):
            sends += self._transit_sends(self._late, self.sent.late.add)
            self._late += 1
        for _ in range(self._amounts.old):
            sends += self._transit_sends(self._old, self.sent.late.add)
            self._old += LISTED_EVERY  # never one that must raise an alarm
        for _ in range(self._amounts.duplicates if self._accepted.next else 0):
            sends += self._transit_sends(self._chance.randrange(self._accepted.next), self._count_duplicate)
        self._chance.shuffle(sends)
        return sends

    def _count_duplicate(self, _number: int) -> None:
        self.sent.duplicates += 1

    def _count_garbage(self) -> None:
        self.sent.garbage += 1

    def _invalid_send(self, message: Message) -> _Send:
        return _Send(message=message, partition=self._chance.randrange(PARTITIONS), done=self._count_garbage)

    def _transit_sends(self, number: int, done: Callable[[int], None]) -> Iterator[_Send]:
        """A transit and its images, each on a partition where it does not belong, some with a key of their own."""
        transit, images = self._traffic.transit(number)
        key = self._chance.choice((transit.gate_id.encode(), b"", self._chance.randbytes(40)))
        whole = Message(topic=TRANSITS_TOPIC, key=key, headers={BACKGROUND_HEADER: b"1"}, value=encode_transit(transit))
        yield _Send(message=whole, partition=self._chance.randrange(PARTITIONS), done=lambda: done(number))
        for role, data in images.items():
            headers = image_header(transit=transit, role=role, data=data).to_headers() | {BACKGROUND_HEADER: b"1"}
            image = Message(topic=IMAGES_TOPIC, key=str(transit.id).encode(), headers=headers, value=data)
            partition = self._chance.randrange(PARTITIONS)
            yield _Send(message=image, partition=partition, done=partial(self._arrived, number, role, partition))

    def _arrived(self, number: int, role: ImageRole, partition: int) -> None:
        self.sent.images.add((number, role))
        self._arrivals.append((number, role, partition))

    def _conflicting(self) -> Iterator[_Send]:
        """Messages on the partitions of images that are there already, so that ingest sees them later."""
        for _ in range(min(self._amounts.conflicting, len(self._arrivals))):
            number, role, partition = self._chance.choice(self._arrivals)
            message = conflicting_image(self._traffic, number, role)
            yield _Send(message=message, partition=partition, done=self._count_garbage)

    def _send(self, sends: list[_Send]) -> list[_Send]:
        """Send them; those that were not acknowledged."""
        try:
            with mapped_errors("background", self._kafka):
                futures = [(send, self._send_one(send)) for send in sends]
        except TransportError:
            self._close()
            return sends
        left = []
        for send, future in futures:
            try:
                future.get(_DELIVERY_MS / 1000 + 2)
                send.done()
            except KafkaError:
                left.append(send)
        if left:
            self._close()
        return left

    def _send_one(self, send: _Send) -> Any:
        if self._producer is None:
            options = client_options(self._kafka) | {
                "acks": "all",
                "max_request_size": MAX_RECORD_BYTES,
                "delivery_timeout_ms": _DELIVERY_MS,
                "request_timeout_ms": _DELIVERY_MS // 2,
                "max_block_ms": _DELIVERY_MS // 2,
                "metrics_enabled": False,
            }
            self._producer = connect(KafkaProducer, **options)
        message = send.message
        return self._producer.send(
            message.topic,
            value=message.value,
            key=message.key or None,
            headers=list(message.headers.items()),
            partition=send.partition,
        )

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            close_producer(producer, 2.0)
