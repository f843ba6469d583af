# SPDX-License-Identifier: AGPL-3.0-or-later
"""One suite over both forms of transport: what goes into the outbox comes out at the centre."""

import contextlib
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from anpr.contract.image import decode_image
from anpr.contract.topics import IMAGES_TOPIC, MAX_IMAGE_BYTES, TRANSITS_TOPIC
from anpr.contract.transit import decode_transit
from anpr.domain.transit import ImageRole, Transit
from anpr.runtime.clock import SystemClock
from anpr.settings import KafkaSettings
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import KafkaPublisher, KafkaSource, create_topics
from anpr.transport.outbox import Outbox
from anpr.transport.pump import Pump
from anpr.transport.source import Incoming, Source
from scripts.lab.transits import make_transit, picture, with_images
from tests.support.waiting import WITHIN_S, eventually

QUIET_S = 1.0
TOPICS = (TRANSITS_TOPIC, IMAGES_TOPIC)


class Line(Protocol):
    """One way from an outbox to the centre."""

    outbox: Outbox

    def publish(self) -> None:
        """Move what waits in the outbox to where the source finds it."""

    def open_source(self) -> contextlib.closing[Source]:
        """The centre's end, opened anew."""


@dataclass
class DirectLine:
    outbox: Outbox

    def publish(self) -> None:
        """Nothing to do: the source reads the outbox itself."""

    def open_source(self) -> contextlib.closing[Source]:
        return contextlib.closing(DirectSource(self.outbox.path, SystemClock()))


@dataclass
class KafkaLine:
    outbox: Outbox
    settings: KafkaSettings
    publisher: KafkaPublisher = field(init=False)

    def __post_init__(self) -> None:
        create_topics(self.settings)
        self.publisher = KafkaPublisher(self.settings)

    def publish(self) -> None:
        step = Pump(self.outbox, self.publisher, SystemClock()).step
        while step():
            pass

    def open_source(self) -> contextlib.closing[Source]:
        return contextlib.closing(KafkaSource(self.settings, TOPICS, SystemClock()))


@pytest.fixture(params=["direct", pytest.param("kafka", marks=pytest.mark.kafka)])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Line]:
    with Outbox(tmp_path / "outbox.sqlite", 256 * 1024 * 1024, SystemClock()) as outbox:
        if request.param == "direct":
            yield DirectLine(outbox)
            return
        settings = KafkaSettings(
            bootstrap=request.getfixturevalue("kafka_bootstrap"), topic_prefix=f"{uuid.uuid4().hex}.", partitions=3
        )
        kafka = KafkaLine(outbox, settings)
        yield kafka
        kafka.publisher.close()


def receive(source: Source, number: int) -> list[Incoming]:
    """The next `number` messages."""
    received: list[Incoming] = []

    def is_complete() -> bool:
        received.extend(source.poll(number - len(received), 0.5))
        return len(received) == number

    eventually(is_complete, seen=lambda: f"{len(received)} of {number} messages came")
    return received


def put(line: Line, numbers: Sequence[int], *, images: bool = True, gates: int = 3) -> list[Transit]:
    transits = []
    for number in numbers:
        transit = make_transit(number, gate_id=f"gate-{number % gates}")
        content = {ImageRole.PLATE: picture(number, 3_000), ImageRole.CONTEXT: picture(-number, 20_000)}
        transit, pictures = with_images(transit, content if images else {})
        line.outbox.put_transit(transit, pictures)
        transits.append(transit)
    return transits


def test_every_transit_and_picture_arrives_whole(line: Line) -> None:
    transits = put(line, range(20))
    line.publish()
    with line.open_source() as source:
        received = receive(source, 60)
    arrived = [decode_transit(r.value) for r in received if r.topic == TRANSITS_TOPIC]
    assert {t.id: t for t in arrived} == {t.id: t for t in transits}
    assert len(arrived) == 20
    headers = [decode_image(dict(r.headers), r.value) for r in received if r.topic == IMAGES_TOPIC]
    assert {(h.transit_id, h.role, h.sha256) for h in headers} == {
        (t.id, ref.role, ref.sha256) for t in transits for ref in t.images
    }
    assert {r.key for r in received if r.topic == IMAGES_TOPIC} == {str(t.id).encode() for t in transits}


def test_the_transits_of_one_gate_stay_in_order(line: Line) -> None:
    transits = put(line, range(200), images=False)
    line.publish()
    with line.open_source() as source:
        arrived = [decode_transit(r.value) for r in receive(source, 200)]
    for gate in ("gate-0", "gate-1", "gate-2"):
        assert [t.id for t in arrived if t.gate_id == gate] == [t.id for t in transits if t.gate_id == gate]


def test_what_is_committed_does_not_come_again(line: Line) -> None:
    put(line, range(10), images=False)
    line.publish()
    with line.open_source() as source:
        source.commit(receive(source, 10))
    put(line, range(10, 15), images=False)
    line.publish()
    with line.open_source() as source:
        again = [decode_transit(r.value).id for r in receive(source, 5)]
        assert sorted(again) == [make_transit(number).id for number in range(10, 15)]
        assert source.poll(10, QUIET_S) == []


def test_what_is_not_committed_comes_again_after_reopening(line: Line) -> None:
    put(line, range(10), images=False)
    line.publish()
    with line.open_source() as source:
        first = receive(source, 10)
        assert source.poll(10, QUIET_S) == []
    with line.open_source() as source:
        second = receive(source, 10)
    assert {(r.topic, r.partition, r.offset): r.value for r in second} == {
        (r.topic, r.partition, r.offset): r.value for r in first
    }


def test_a_commit_of_a_part_leaves_the_rest(line: Line) -> None:
    put(line, range(10), images=False, gates=1)
    line.publish()
    with line.open_source() as source:
        source.commit(receive(source, 10)[:4])
    with line.open_source() as source:
        rest = [decode_transit(r.value).id for r in receive(source, 6)]
        assert rest == [make_transit(number).id for number in range(4, 10)]
        assert source.poll(10, QUIET_S) == []


def test_the_largest_picture_goes_through(line: Line) -> None:
    data = picture(7, MAX_IMAGE_BYTES)
    transit, pictures = with_images(make_transit(7), {ImageRole.CONTEXT: data})
    line.outbox.put_transit(transit, pictures)
    line.publish()
    with line.open_source() as source:
        received = receive(source, 2)
    (image,) = [r for r in received if r.topic == IMAGES_TOPIC]
    assert image.value == data
    assert decode_image(dict(image.headers), image.value).transit_id == transit.id


def test_a_poll_gives_no_more_than_asked_for(line: Line) -> None:
    put(line, range(30), images=False)
    line.publish()
    with line.open_source() as source:
        sizes = [len(source.poll(7, 5.0)) for _ in range(3)]
    assert all(1 <= size <= 7 for size in sizes)


def test_the_source_waits_for_what_comes_later(line: Line) -> None:
    put(line, [1], images=False)
    line.publish()
    with line.open_source() as source:
        source.commit(receive(source, 1))

        def later() -> None:
            put(line, [2], images=False)
            line.publish()

        thread = threading.Thread(target=later)
        thread.start()
        (second,) = receive(source, 1)
        thread.join(WITHIN_S)
    assert decode_transit(second.value).id == make_transit(2).id


def test_the_outbox_is_empty_when_all_is_through(line: Line) -> None:
    put(line, range(5))
    line.publish()
    with line.open_source() as source:
        source.commit(receive(source, 15))
    assert {waiting.records for waiting in line.outbox.counts().values()} == {0}
