# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending refused messages to the dead-letter topic."""

from collections.abc import Sequence
from typing import cast

import pytest

from anpr.contract.topics import TRANSITS_TOPIC
from anpr.domain.errors import PoisonReason, TransportError
from anpr.ingest.batch import Refusal
from anpr.ingest.dead_letter_topic import DeadLetterTopic
from anpr.transport.kafka import DEADLETTER_TOPIC, KafkaPublisher
from anpr.transport.records import OutboxRecord
from anpr.transport.source import Incoming

RECORD = Incoming(topic=TRANSITS_TOPIC, partition=2, offset=7, key=b"gate-1", headers={"own": b"kept"}, value=b"x")
REFUSAL = Refusal(record=RECORD, reason=PoisonReason.NOT_JSON, detail="no JSON")


class Broker:
    """Refuses for good while it has no rights; then takes everything."""

    def __init__(self) -> None:
        self.may_write = True
        self.taken: list[OutboxRecord] = []

    def publish(self, records: Sequence[OutboxRecord]) -> list[int]:
        if not self.may_write:
            raise TransportError("kafka: publishing: not authorised", permanent=True)
        self.taken += records
        return [record.seq for record in records]


def topic(broker: Broker) -> DeadLetterTopic:
    return DeadLetterTopic(cast("KafkaPublisher", broker))


def test_a_topic_that_refuses_for_good_is_waited_for_by_name() -> None:
    broker = Broker()
    broker.may_write = False
    with pytest.raises(TransportError, match=rf"{DEADLETTER_TOPIC}: .*not authorised") as refused:
        topic(broker).send([REFUSAL])
    assert not refused.value.permanent, "ingest would end"
    broker.may_write = True
    topic(broker).send([REFUSAL])
    assert [record.value for record in broker.taken] == [b"x"]


def test_a_letter_says_what_was_wrong_and_where_it_stood() -> None:
    broker = Broker()
    topic(broker).send([REFUSAL])
    (letter,) = broker.taken
    assert (letter.topic, letter.key, letter.headers["own"]) == (DEADLETTER_TOPIC, b"gate-1", b"kept")
    assert letter.headers["anpr.reason"] == b"not-json"
    assert [letter.headers[f"anpr.{name}"] for name in ("topic", "partition", "offset")] == [
        b"anpr.transits",
        b"2",
        b"7",
    ]
