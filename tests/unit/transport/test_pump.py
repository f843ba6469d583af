# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the outbox to a publisher that fails in every way it may."""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import OutboxFullError, TransportError
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import ManualClock
from anpr.transport.outbox import Outbox
from anpr.transport.pump import PAGE_RECORDS, Pump, pump
from anpr.transport.records import OutboxRecord
from scripts.lab.transits import make_transit, picture, with_images


class FakePublisher:
    """Remembers what it was given, in order; `answer` decides what becomes of it."""

    def __init__(self) -> None:
        self.published: list[OutboxRecord] = []
        self.answer: Callable[[Sequence[OutboxRecord]], list[int]] = lambda records: [r.seq for r in records]

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        acknowledged = self.answer(records)
        self.published += [record for record in records if record.seq in acknowledged]
        return acknowledged


@pytest.fixture
def outbox(tmp_path: Path, clock: ManualClock) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox.sqlite", 64 * 1024 * 1024, clock) as opened:
        yield opened


def put(outbox: Outbox, *numbers: int) -> None:
    for number in numbers:
        outbox.put_transit(*with_images(make_transit(number), {ImageRole.PLATE: picture(number, 1_000)}))


def waiting(outbox: Outbox) -> int:
    return sum(each.records for each in outbox.counts().values())


def drain(pumping: Pump) -> None:
    while pumping.step():
        pass


def test_all_metadata_leave_before_the_first_image(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, *range(5))
    publisher = FakePublisher()
    drain(Pump(outbox, publisher, clock))
    assert [record.topic for record in publisher.published] == [TRANSITS_TOPIC] * 5 + [IMAGES_TOPIC] * 5
    assert waiting(outbox) == 0


def test_metadata_that_come_while_images_leave_overtake_them(outbox: Outbox, clock: ManualClock) -> None:
    for number in range(40):
        transit, images = with_images(make_transit(number), {ImageRole.CONTEXT: picture(number, 1_000_000)})
        outbox.put_transit(transit, images)
    publisher = FakePublisher()
    pumping = Pump(outbox, publisher, clock)
    pumping.step()
    pumping.step()
    assert publisher.published[-1].topic == IMAGES_TOPIC
    put(outbox, 100)
    pumping.step()
    assert publisher.published[-1].topic == TRANSITS_TOPIC
    assert waiting(outbox) > 1


def test_what_was_not_acknowledged_stays_and_is_sent_again(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, 1, 2, 3)
    publisher = FakePublisher()
    publisher.answer = lambda records: [records[0].seq]
    pumping = Pump(outbox, publisher, clock)
    pumping.step()
    assert waiting(outbox) == 5
    publisher.answer = lambda records: [record.seq for record in records]
    drain(pumping)
    assert waiting(outbox) == 0
    assert len({record.seq for record in publisher.published}) == len(publisher.published) == 6


def test_a_broker_that_is_away_is_tried_again_ever_more_rarely(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, 1)
    stop = threading.Event()
    publisher = FakePublisher()
    tries: list[float] = []

    def away(_: Sequence[OutboxRecord]) -> list[int]:
        tries.append(clock.monotonic())
        if len(tries) == 12:
            stop.set()
        raise TransportError("no broker")

    publisher.answer = away
    pump(outbox, publisher, clock, stop)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses[0] <= 0.5
    assert all(15 <= pause <= 30 for pause in pauses[-3:])
    assert waiting(outbox) == 2


def test_what_the_broker_refuses_for_good_holds_up_nothing_behind_it(outbox: Outbox, clock: ManualClock) -> None:
    for number in range(PAGE_RECORDS + 10):
        outbox.put_transit(make_transit(number), {})
    refused = {record.seq for record in outbox.pending("metadata", PAGE_RECORDS)}
    publisher = FakePublisher()

    def choosy(records: Sequence[OutboxRecord]) -> list[int]:
        accepted = [record.seq for record in records if record.seq not in refused]
        if not accepted:
            raise TransportError("too large for this broker", permanent=True)
        return accepted

    publisher.answer = choosy
    pumping = Pump(outbox, publisher, clock)
    with pytest.raises(TransportError):
        pumping.step()
    assert pumping.step()
    assert waiting(outbox) == PAGE_RECORDS
    assert not pumping.step()
    refused.clear()
    drain(pumping)
    assert waiting(outbox) == 0


def test_it_stops_when_told_and_keeps_the_rest(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, 1, 2)
    stop = threading.Event()
    publisher = FakePublisher()

    def one_page(records: Sequence[OutboxRecord]) -> list[int]:
        stop.set()
        return [record.seq for record in records]

    publisher.answer = one_page
    pump(outbox, publisher, clock, stop)
    assert [record.topic for record in publisher.published] == [TRANSITS_TOPIC, TRANSITS_TOPIC]
    assert waiting(outbox) == 2


def test_an_outbox_that_cannot_be_read_ends_it(outbox: Outbox, clock: ManualClock) -> None:
    put(outbox, 1)
    outbox._connection.execute("DROP TABLE records")
    with pytest.raises(TransportError, match="records"):
        pump(outbox, FakePublisher(), clock, threading.Event())


def test_a_disk_too_full_to_acknowledge_is_waited_for(
    outbox: Outbox, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(outbox, 1)
    stop = threading.Event()
    acknowledge = outbox.acknowledge
    tries: list[float] = []

    def full_at_first(seqs: Sequence[int]) -> None:
        tries.append(clock.monotonic())
        if len(tries) < 3:
            raise OutboxFullError("the disk is full")
        acknowledge(seqs)
        if waiting(outbox) == 0:
            stop.set()

    monkeypatch.setattr(outbox, "acknowledge", full_at_first)
    pump(outbox, FakePublisher(), clock, stop)
    assert waiting(outbox) == 0
    assert tries[0] < tries[1] < tries[2]
