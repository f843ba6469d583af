# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking into messages."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.image import image_header
from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole
from anpr.ingest.batch import ReceivedImage, Refusal, decode
from anpr.ingest.sender import sender_of
from anpr.runtime.clock import ManualClock
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.support.sources import image_message, message, transit_message

OLDEST = START - timedelta(days=7)


def test_each_message_becomes_what_it_is_in_its_order(clock: ManualClock) -> None:
    data = picture(1, 500)
    transit, _ = with_images(make_transit(1), {ImageRole.PLATE: data})
    records = [transit_message(transit, 0), image_message(transit, ImageRole.PLATE, data, 1), message(b"?", 2)]
    batch = decode(records, clock.now(), lambda _: OLDEST)
    header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
    assert batch.records == tuple(records)
    assert batch.transits == [transit]
    assert batch.images == [ReceivedImage(header=header, data=data)]
    (refusal,) = batch.refusals
    assert (refusal.record, refusal.reason) == (records[2], PoisonReason.NOT_JSON)


def test_an_unknown_topic_is_refused(clock: ManualClock) -> None:
    (refusal,) = decode([message(b"{}", 0, topic="anpr.weather")], clock.now(), lambda _: OLDEST).refusals
    assert refusal.reason is PoisonReason.UNKNOWN_TOPIC


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (START + timedelta(minutes=11), PoisonReason.WRONG_TIME),
        (START + timedelta(days=3), PoisonReason.WRONG_TIME),
        (OLDEST - timedelta(microseconds=1), PoisonReason.TOO_OLD),
        (START - timedelta(days=4000), PoisonReason.TOO_OLD),
    ],
)
def test_what_is_minutes_ahead_or_past_retention_is_refused(moment: datetime, reason: PoisonReason) -> None:
    transit = make_transit(1, captured_at=moment, first_seen=moment, last_seen=moment)
    records = [transit_message(transit, 0), image_message(transit, ImageRole.PLATE, picture(1, 500), 1)]
    assert [refusal.reason for refusal in decode(records, START, lambda _: OLDEST).refusals] == [reason] * 2


@pytest.mark.parametrize("moment", [START + timedelta(minutes=9), OLDEST])
def test_what_retention_keeps_is_taken_however_late_it_comes(moment: datetime) -> None:
    transit = make_transit(1, captured_at=moment, first_seen=moment, last_seen=moment)
    assert decode([transit_message(transit, 0)], START, lambda _: OLDEST).transits == [transit]


def test_a_batch_is_divided_without_losing_a_message_or_its_order(clock: ManualClock) -> None:
    readers = ["a", "b", "a", "a", "b"]
    transits = [make_transit(number, reader_id=name) for number, name in enumerate(readers)]
    batch = decode([transit_message(transit, n) for n, transit in enumerate(transits)], clock.now(), lambda _: OLDEST)
    fewest, most = batch.by(sender_of)
    assert [record.offset for record in fewest.records] == [1, 4]
    assert [record.offset for record in most.records] == [0, 2, 3]
    assert [[record.offset for record in half.records] for half in most.halves()] == [[0], [2, 3]]
    refused = fewest.refused(PoisonReason.NOT_STORABLE, "why")
    assert refused.items[0] == Refusal(record=batch.records[1], reason=PoisonReason.NOT_STORABLE, detail="why")


_bytes = st.binary(max_size=200)


@given(
    topic=st.sampled_from([TRANSITS_TOPIC, IMAGES_TOPIC, "", "other"]),
    headers=st.dictionaries(
        st.sampled_from(["transit_id", "captured_at", "gate_id", "role", "sha256", "x"]), _bytes, max_size=6
    ),
    value=_bytes,
)
def test_nothing_a_message_holds_raises(topic: str, headers: dict[str, bytes], value: bytes) -> None:
    record = Incoming(topic=topic, partition=0, offset=0, key=b"", headers=headers, value=value)
    batch = decode([record], START, lambda _: OLDEST)
    assert batch.records == (record,)
    assert len(batch.items) == 1


def test_each_gate_keeps_what_its_own_days_allow() -> None:
    first = {"gate-1": START - timedelta(days=3)}
    at = START - timedelta(days=5)
    records = [transit_message(make_transit(n, gate_id=f"gate-{n}", captured_at=at), n) for n in (1, 2)]
    batch = decode(records, START, lambda gate_id: first.get(gate_id, OLDEST))
    assert [each.gate_id for each in batch.transits] == ["gate-2"]
    assert [each.reason for each in batch.refusals] == [PoisonReason.TOO_OLD]
