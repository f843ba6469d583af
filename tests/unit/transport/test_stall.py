# SPDX-License-Identifier: AGPL-3.0-or-later
"""A partition that is no longer fetched, among others that are."""

from collections.abc import Collection, Mapping

import pytest
from kafka import TopicPartition

from anpr.contract.topics import TRANSITS_TOPIC
from anpr.domain.errors import TransportError
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import KafkaSettings
from anpr.transport.kafka import KafkaSource
from anpr.transport.kafka import source as source_module
from anpr.transport.kafka.source import STALL_S
from anpr.transport.kafka.stall import CONFIRM_S, QuietPartitions
from tests.unit.transport.test_kafka import FakeConsumer, Record

ONE, TWO = TopicPartition("t", 1), TopicPartition("t", 2)
BOTH = {ONE, TWO}


def waits_at(offset: int) -> Mapping[TopicPartition, int]:
    return {TWO: offset}


@pytest.fixture
def quiet(clock: ManualClock) -> QuietPartitions:
    watch = QuietPartitions(clock, STALL_S)
    watch.polled([ONE], BOTH, full=False)
    clock.advance(STALL_S)
    watch.polled([ONE], BOTH, full=False)
    return watch


def test_one_that_stands_still_over_two_looks_is_stuck(quiet: QuietPartitions, clock: ManualClock) -> None:
    asked: list[Collection[TopicPartition]] = []

    def waiting(partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        asked.append(partitions)
        return waits_at(7)

    assert quiet.stuck(waiting) == []
    clock.advance(CONFIRM_S / 2)
    assert quiet.stuck(waiting) == []
    clock.advance(CONFIRM_S / 2)
    assert quiet.stuck(waiting) == [TWO]
    assert asked == [[TWO], [TWO]], "the broker is asked about quiet ones only, and not at every poll"


def test_one_that_moved_meanwhile_is_not(quiet: QuietPartitions, clock: ManualClock) -> None:
    assert quiet.stuck(lambda _: waits_at(7)) == []
    clock.advance(CONFIRM_S)
    assert quiet.stuck(lambda _: waits_at(8)) == []


def test_one_that_gives_again_is_not(quiet: QuietPartitions, clock: ManualClock) -> None:
    assert quiet.stuck(lambda _: waits_at(7)) == []
    quiet.polled([TWO], BOTH, full=False)
    clock.advance(CONFIRM_S)
    assert quiet.stuck(lambda partitions: dict.fromkeys(partitions, 7)) == []


def test_an_empty_one_is_not(quiet: QuietPartitions, clock: ManualClock) -> None:
    for _ in range(3):
        assert quiet.stuck(lambda _: {}) == []
        clock.advance(STALL_S)


def test_after_full_polls_its_records_may_be_in_line(quiet: QuietPartitions, clock: ManualClock) -> None:
    quiet.polled([ONE], BOTH, full=True)
    clock.advance(CONFIRM_S)
    assert quiet.stuck(lambda _: waits_at(7)) == []
    clock.advance(CONFIRM_S)
    assert quiet.stuck(lambda _: waits_at(7)) == []


def test_one_that_another_member_has_now_is_none_of_ours(quiet: QuietPartitions, clock: ManualClock) -> None:
    quiet.polled([ONE], {ONE}, full=False)
    clock.advance(STALL_S)
    asked: list[Collection[TopicPartition]] = []

    def waiting(partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        asked.append(partitions)
        return {}

    assert quiet.stuck(waiting) == []
    assert asked == [[ONE]]


class HalfStuckConsumer(FakeConsumer):
    """Gives records of partition 0 for ever, and none of partition 1, where one waits."""

    made = 0

    def poll(self, timeout_ms: int, max_records: int) -> dict[TopicPartition, list[Record]]:  # noqa: ARG002
        return {TopicPartition(self.topics[0], 0): [Record(self.topics[0], 0, 7, None, [], b"x")]}

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(self.topics[0], number) for number in (0, 1)}


def test_a_consumer_that_forgot_a_partition_is_replaced(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "connect", lambda _kind, **options: HalfStuckConsumer(**options))
    before = REGISTRY.get_sample_value("anpr_consumer_restarts_total") or 0.0
    source = KafkaSource(KafkaSettings(bootstrap="b:1"), [TRANSITS_TOPIC], clock)
    assert len(source.poll(10, 0)) == 1
    clock.advance(STALL_S)
    assert len(source.poll(10, 0)) == 1
    clock.advance(CONFIRM_S)
    with pytest.raises(TransportError, match=rf"{TRANSITS_TOPIC}/1 .*starting anew") as stalled:
        source.poll(10, 0)
    assert not stalled.value.permanent
    assert REGISTRY.get_sample_value("anpr_consumer_restarts_total") == before + 1
    assert len(source.poll(10, 0)) == 1
    assert HalfStuckConsumer.made == 2
