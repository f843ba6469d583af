# SPDX-License-Identifier: AGPL-3.0-or-later
"""The direct source beyond what the contract suite asks of every source."""

from pathlib import Path

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import decode_transit
from anpr.domain.transit import ImageRole
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.transport.direct import DirectSource
from anpr.transport.outbox import Outbox
from anpr.transport.records import RecordKind
from scripts.lab.transits import make_transit, picture, with_images

MB = 1024 * 1024


def put(outbox: Outbox, number: int) -> None:
    outbox.put_transit(*with_images(make_transit(number), {ImageRole.PLATE: picture(number, 30_000)}))


def test_metadata_come_before_images_that_were_put_earlier(tmp_path: Path, clock: ManualClock) -> None:
    with Outbox(tmp_path / "o", MB, clock) as outbox:
        for number in range(3):
            put(outbox, number)
        source = DirectSource(outbox.path, clock)
        topics = [record.topic for _ in range(2) for record in source.poll(10, 1)]
        source.close()
    assert topics == [TRANSITS_TOPIC] * 3 + [IMAGES_TOPIC] * 3


def test_a_source_of_one_kind_leaves_the_other(tmp_path: Path, clock: ManualClock) -> None:
    with Outbox(tmp_path / "o", MB, clock) as outbox:
        put(outbox, 1)
        source = DirectSource(outbox.path, clock, [RecordKind.IMAGES])
        records = source.poll(10, 1)
        source.commit(records)
        source.close()
        assert [record.topic for record in records] == [IMAGES_TOPIC]
        assert outbox.counts()[RecordKind.METADATA].records == 1


def test_it_waits_no_longer_than_it_was_told(tmp_path: Path, clock: ManualClock) -> None:
    source = DirectSource(tmp_path / "o", clock)
    assert source.poll(10, 0.5) == []
    assert 0.5 <= clock.monotonic() < 0.6
    source.close()


def test_the_outbox_may_be_opened_after_it(tmp_path: Path, clock: ManualClock) -> None:
    source = DirectSource(tmp_path / "o", clock)
    assert source.poll(10, 0.1) == []
    with Outbox(tmp_path / "o", MB, clock) as outbox:
        put(outbox, 5)
        (record,) = source.poll(1, 0.1)
    assert decode_transit(record.value) == with_images(make_transit(5), {ImageRole.PLATE: picture(5, 30_000)})[0]
    source.close()


def test_images_given_up_for_the_quota_are_not_missed(tmp_path: Path, clock: ManualClock) -> None:
    with Outbox(tmp_path / "o", 200_000, clock) as outbox:
        put(outbox, 0)
        source = DirectSource(outbox.path, clock, [RecordKind.IMAGES])
        first = source.poll(10, 0.1)
        for number in range(1, 20):
            put(outbox, number)
        source.commit(first)
        rest = source.poll(100, 0.1)
        source.commit(rest)
        source.close()
        assert 0 < len(rest) < 19
        assert outbox.counts()[RecordKind.IMAGES].records == 0


def test_what_is_committed_counts_as_published(tmp_path: Path, clock: ManualClock) -> None:
    before = REGISTRY.get_sample_value("anpr_published_total", {"topic": TRANSITS_TOPIC}) or 0.0
    with Outbox(tmp_path / "o", MB, clock) as outbox:
        put(outbox, 1)
        source = DirectSource(outbox.path, clock)
        source.commit(source.poll(1, 0.1))
        source.close()
    assert REGISTRY.get_sample_value("anpr_published_total", {"topic": TRANSITS_TOPIC}) == before + 1
