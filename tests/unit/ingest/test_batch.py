# SPDX-License-Identifier: AGPL-3.0-or-later
"""Looking into messages."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.image import image_header
from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole
from anpr.ingest.batch import ReceivedImage, Refusal, decode
from anpr.runtime.clock import ManualClock
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.support.sources import image_message, message, transit_message


def test_each_message_becomes_what_it_is_in_its_order(clock: ManualClock) -> None:
    data = picture(1, 500)
    transit, _ = with_images(make_transit(1), {ImageRole.PLATE: data})
    records = [transit_message(transit, 0), image_message(transit, ImageRole.PLATE, data, 1), message(b"?", 2)]
    batch = decode(records, clock.now())
    header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
    assert batch.records == tuple(records)
    assert batch.transits == [transit]
    assert batch.images == [ReceivedImage(header=header, data=data)]
    (refusal,) = batch.refusals
    assert (refusal.record, refusal.reason) == (records[2], PoisonReason.NOT_JSON)


def test_an_unknown_topic_is_refused(clock: ManualClock) -> None:
    (refusal,) = decode([message(b"{}", 0, topic="anpr.weather")], clock.now()).refusals
    assert refusal.reason is PoisonReason.UNKNOWN_TOPIC


@pytest.mark.parametrize("away", [timedelta(days=3), timedelta(days=-4000)])
def test_a_clock_that_is_days_ahead_or_years_behind_is_refused(clock: ManualClock, away: timedelta) -> None:
    moment = START + away
    transit = make_transit(1, captured_at=moment, first_seen=moment, last_seen=moment)
    data = picture(1, 500)
    batch = decode([transit_message(transit, 0), image_message(transit, ImageRole.PLATE, data, 1)], clock.now())
    assert [refusal.reason for refusal in batch.refusals] == [PoisonReason.WRONG_TIME] * 2


def test_what_was_captured_while_the_uplink_was_away_for_weeks_is_taken(clock: ManualClock) -> None:
    moment = START - timedelta(days=40)
    transit = make_transit(1, captured_at=moment, first_seen=moment, last_seen=moment)
    assert decode([transit_message(transit, 0)], clock.now()).transits == [transit]


def test_singles_hold_one_message_each(clock: ManualClock) -> None:
    batch = decode([transit_message(make_transit(number), number) for number in range(3)], clock.now())
    singles = batch.singles()
    assert [single.records for single in singles] == [(record,) for record in batch.records]
    refused = singles[1].refused(PoisonReason.NOT_STORABLE, "why")
    assert refused.items == (Refusal(record=batch.records[1], reason=PoisonReason.NOT_STORABLE, detail="why"),)


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
    batch = decode([record], START)
    assert batch.records == (record,)
    assert len(batch.items) == 1
