# SPDX-License-Identifier: AGPL-3.0-or-later
"""The hostile reader writes every kind of message it is said to, the same ones for the same seed."""

import random
from collections import Counter
from itertools import islice

import pytest

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import decode_transit
from anpr.domain.errors import MessageError
from scripts.lab.transits import START
from scripts.reliability.chaos.invalid_messages import Message
from scripts.reliability.chaos.traffic import Traffic
from scripts.reliability.hostile.flood import READER, Flood

pytestmark = pytest.mark.slow


def sent(seed: int) -> list[Message]:
    flood = Flood(Traffic(seed=seed, start=START), START, random.Random(seed))
    return list(islice(flood.messages(), 2_000))


def test_it_writes_to_every_topic_and_in_its_own_name() -> None:
    messages = sent(1)
    assert {message.topic for message in messages} == {TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC}
    own = [message for message in messages if READER.encode() in message.value]
    assert len(own) > 500


def test_its_transits_are_of_many_days_and_some_are_in_order() -> None:
    days: Counter[int] = Counter()
    ids = []
    for message in sent(2):
        try:
            transit = decode_transit(message.value)
        except (MessageError, ValueError):
            continue
        days[(transit.captured_at.date() - START.date()).days] += 1
        ids.append(transit.id)
    assert days[0] > 200
    assert min(days) < -1_000
    assert max(days) > 1_000
    assert len(set(ids)) < len(ids), "some conflict with others"


def test_a_seed_gives_the_same_messages() -> None:
    assert sent(3) == sent(3)
    assert sent(3) != sent(4)
