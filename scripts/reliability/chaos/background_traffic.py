"""What else is on the topics: transits out of order or past retention, duplicates on every partition, and garbage."""

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
from scripts.reliability.chaos.environment import NOISE_FROM, PARTITIONS, Accepted
from scripts.reliability.chaos.invalid_messages import Garbage, Message, impostor
from scripts.reliability.chaos.traffic import LISTED_EVERY, OLD_FROM, Traffic

EVERY_S = 0.5
NOISE = "chaos-noise"
"""Name of the header by which what the sender sent is told from what looks like it."""
_DELIVERY_MS = 6_000


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """Of one batch."""

    late: int = 2
    duplicates: int = 4
    garbage: int = 25
    impostors: int = 1
    old: int = 1


@dataclass
class Sent:
    """What the broker acknowledged."""

    late: set[int] = field(default_factory=set)
    """Transits that only the noise sends, those past retention included."""
    pictures: set[tuple[int, ImageRole]] = field(default_factory=set)
    duplicates: int = 0
    garbage: int = 0


@dataclass(frozen=True, kw_only=True)
class _Errand:
    message: Message
    partition: int
    done: Callable[[], None]


class Noise:
    """Sends a batch every now and then, in a thread of its own; what is not acknowledged is sent again."""

    def __init__(self, kafka: KafkaSettings, traffic: Traffic, accepted: Accepted, amounts: Amounts) -> None:
        self.sent = Sent()
        self._kafka = kafka
        self._traffic = traffic
        self._accepted = accepted
        self._amounts = amounts
        self._chance = random.Random(traffic.seed + 1)
        self._garbage = Garbage(traffic, random.Random(traffic.seed + 2)).messages()
        self._late = NOISE_FROM
        self._arrivals: list[tuple[int, ImageRole, int]] = []
        self._old = OLD_FROM + 1
        self._least_garbage = 0
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="noise")
        self._running: Future[None] | None = None
        self._producer: Any = None

    def start(self) -> None:
        self._running = self._thread.submit(self._run)

    def end(self, timeout_s: float, least_garbage: int = 0) -> bool:
        """Send what is left, and garbage until it was so much; whether that was done in time. Raises what the thread
        fell over."""
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
        left: list[_Errand] = []
        while not self._stop.is_set():
            left = self._send(left + self._batch())
            self._stop.wait(EVERY_S)
        while left or self.sent.garbage < self._least_garbage:
            missing = self._least_garbage - self.sent.garbage - len(left)
            left = self._send(left + [self._garbage_errand(next(self._garbage)) for _ in range(min(100, missing))])
        self._close()

    def _batch(self) -> list[_Errand]:
        errands = [self._garbage_errand(next(self._garbage)) for _ in range(self._amounts.garbage)]
        errands += self._impostors()
        for _ in range(self._amounts.late):
            errands += self._passing(self._late, self.sent.late.add)
            self._late += 1
        for _ in range(self._amounts.old):
            errands += self._passing(self._old, self.sent.late.add)
            self._old += LISTED_EVERY  # never one that must raise an alarm
        for _ in range(self._amounts.duplicates if self._accepted.next else 0):
            errands += self._passing(self._chance.randrange(self._accepted.next), self._count_duplicate)
        self._chance.shuffle(errands)
        return errands

    def _count_duplicate(self, _number: int) -> None:
        self.sent.duplicates += 1

    def _count_garbage(self) -> None:
        self.sent.garbage += 1

    def _garbage_errand(self, message: Message) -> _Errand:
        return _Errand(message=message, partition=self._chance.randrange(PARTITIONS), done=self._count_garbage)

    def _passing(self, number: int, done: Callable[[int], None]) -> Iterator[_Errand]:
        """A transit and its pictures, each on a partition where it does not belong, some with a key of their own."""
        transit, pictures = self._traffic.transit(number)
        key = self._chance.choice((transit.gate_id.encode(), b"", self._chance.randbytes(40)))
        whole = Message(topic=TRANSITS_TOPIC, key=key, headers={NOISE: b"1"}, value=encode_transit(transit))
        yield _Errand(message=whole, partition=self._chance.randrange(PARTITIONS), done=lambda: done(number))
        for role, data in pictures.items():
            headers = image_header(transit=transit, role=role, data=data).to_headers() | {NOISE: b"1"}
            picture = Message(topic=IMAGES_TOPIC, key=str(transit.id).encode(), headers=headers, value=data)
            partition = self._chance.randrange(PARTITIONS)
            yield _Errand(message=picture, partition=partition, done=partial(self._arrived, number, role, partition))

    def _arrived(self, number: int, role: ImageRole, partition: int) -> None:
        self.sent.pictures.add((number, role))
        self._arrivals.append((number, role, partition))

    def _impostors(self) -> Iterator[_Errand]:
        """On the partitions of pictures that are there already, so that they come after them."""
        for _ in range(min(self._amounts.impostors, len(self._arrivals))):
            number, role, partition = self._chance.choice(self._arrivals)
            message = impostor(self._traffic, number, role)
            yield _Errand(message=message, partition=partition, done=self._count_garbage)

    def _send(self, errands: list[_Errand]) -> list[_Errand]:
        """Those that were not acknowledged."""
        try:
            with mapped_errors("noise", self._kafka):
                futures = [(errand, self._send_one(errand)) for errand in errands]
        except TransportError:
            self._close()
            return errands
        left = []
        for errand, future in futures:
            try:
                future.get(_DELIVERY_MS / 1000 + 2)
                errand.done()
            except KafkaError:
                left.append(errand)
        if left:
            self._close()
        return left

    def _send_one(self, errand: _Errand) -> Any:
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
        message = errand.message
        return self._producer.send(
            message.topic,
            value=message.value,
            key=message.key or None,
            headers=list(message.headers.items()),
            partition=errand.partition,
        )

    def _close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            close_producer(producer, 2.0)
