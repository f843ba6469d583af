# SPDX-License-Identifier: AGPL-3.0-or-later
"""A reader's clock against the broker's: judged from heartbeats, kept as intervals, shown."""

import threading
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from anpr.contract.health import encode_health, health_key
from anpr.contract.topics import HEALTH_TOPIC
from anpr.domain.health import Change, HealthInterval, HealthReport, SubjectKind, clock_state
from anpr.ingest.consume import Consumer
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings, KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.health.intervals import intervals_between, open_intervals
from anpr.store.images.image_store import ImageStore
from anpr.transport.kafka import KafkaPublisher, KafkaSource, create_topics
from anpr.transport.records import OutboxRecord
from anpr.transport.source import Incoming
from scripts.lab.transits import START
from tests.integration.test_ingest import consume
from tests.support.sources import ListSource, message
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("offsets", "state"),
    [
        ([60], "up"),
        ([60, 60], "up"),
        ([60, 60, 60], "clock-skewed"),
        ([-9, -8, -7], "clock-skewed"),
        ([-60, -60, -0.1], "up"),
        ([60, -60, 60], "up"),
        ([5, 5, 5], "up"),
        ([0, 0, 0, 60, 60, 60], "clock-skewed"),
    ],
)
def test_three_heartbeats_must_say_the_same(offsets: list[float], state: str) -> None:
    assert clock_state(offsets, 5) == state


@pytest.fixture
def centre(ingest_database: Database, tmp_path: Path) -> Centre:
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"))


def heartbeat(at: datetime, reader_id: str = "reader-1") -> HealthReport:
    return HealthReport(
        kind=SubjectKind.READER, id=reader_id, reader_id=reader_id, gate_ids=("gate-1",), at=at,
        changes=(Change(state="up", since=START - timedelta(days=1)),),
    )  # fmt: skip


def beats(*offsets_s: float, first: int = 0) -> list[Incoming]:
    """One each 30 s by the broker's clock; the reader's is ahead by so many seconds."""
    found = []
    for number, offset_s in enumerate(offsets_s, start=first):
        arrived_at = START + timedelta(seconds=30 * number)
        value = encode_health(heartbeat(arrived_at + timedelta(seconds=offset_s)))
        found.append(replace(message(value, number, HEALTH_TOPIC), arrived_at=arrived_at))
    return found


def clocks(centre: Centre) -> list[HealthInterval]:
    with centre.database.transaction() as conn:
        return [each for each in open_intervals(conn) if each.kind is SubjectKind.CLOCK]


def skews() -> float:
    return REGISTRY.get_sample_value("anpr_clock_skews_total", {"reader": "reader-1"}) or 0.0


def test_a_clock_that_goes_wrong_and_right_again_is_an_interval(centre: Centre) -> None:
    before = skews()
    clock = ManualClock(START + timedelta(hours=1))
    records = beats(0.1, -0.2, 42, 42, 42, 42, 0.3, 0.1)
    for _ in range(2):  # coming again changes nothing
        consume(centre, ListSource(records), clock, batch_size=3)
    (now,) = clocks(centre)
    assert (now.id, now.state, now.ended_at) == ("reader-1", "up", None)
    with centre.database.transaction() as conn:
        (wrong,) = intervals_between(conn, START, None, ["gate-1"])
    assert (wrong.kind, wrong.id, wrong.state) == (SubjectKind.CLOCK, "reader-1", "clock-skewed")
    assert (wrong.started_at, wrong.ended_at) == (START + timedelta(seconds=120), START + timedelta(seconds=180))
    assert skews() == before + 1


def test_a_heartbeat_that_was_held_up_is_no_wrong_clock(centre: Centre) -> None:
    consume(centre, ListSource(beats(0, -600, -300, 0, -40, 0)), ManualClock(START + timedelta(hours=1)))
    assert [each.state for each in clocks(centre)] == ["up"]
    with centre.database.transaction() as conn:
        assert intervals_between(conn, START, None) == []


def test_an_outage_of_ingest_is_no_wrong_clock(centre: Centre) -> None:
    """The broker stamped each when it came; that they are read an hour later says nothing about the reader."""
    consume(centre, ListSource(beats(*[0.2] * 100)), ManualClock(START + timedelta(hours=2)))
    assert [each.state for each in clocks(centre)] == ["up"]


def test_by_how_much_it_is_off_is_known_and_the_tolerance_can_be_set(centre: Centre) -> None:
    clock = ManualClock(START + timedelta(hours=1))
    consume(centre, ListSource(beats(-12, -12, -12.5)), clock, clock_tolerance_s=20)
    assert [each.state for each in clocks(centre)] == ["up"]
    consume(centre, ListSource(beats(-12.5, first=3)), clock, clock_tolerance_s=10)
    (wrong,) = clocks(centre)
    assert (wrong.state, wrong.offset_s) == ("clock-skewed", -12.5)


def test_where_nobody_stamps_nothing_is_judged(centre: Centre) -> None:
    records = [replace(each, arrived_at=None) for each in beats(600, 600, 600)]
    consume(centre, ListSource(records), ManualClock(START + timedelta(hours=1)))
    assert clocks(centre) == []


@pytest.mark.kafka
def test_through_a_real_broker_which_stamps_what_comes(centre: Centre, kafka_bootstrap: str) -> None:
    settings = KafkaSettings(bootstrap=kafka_bootstrap, topic_prefix=f"{uuid.uuid4().hex}.", group=uuid.uuid4().hex)
    create_topics(settings)
    publisher, source = KafkaPublisher(settings), KafkaSource(settings, [HEALTH_TOPIC], SystemClock())
    clock = SystemClock()
    consumer = Consumer(source=source, centre=centre, settings=IngestSettings(), clock=clock)

    def send(ahead_s: float, reader_id: str) -> None:
        report = heartbeat(clock.now() + timedelta(seconds=ahead_s), reader_id)
        record = OutboxRecord(
            seq=1, topic=HEALTH_TOPIC, key=health_key(report), headers={}, value=encode_health(report)
        )
        assert publisher.publish([record]) == [1]

    try:
        for _ in range(3):
            send(90, "reader-1")
            send(0, "reader-2")

        def both_are_judged() -> bool:
            consumer.step(threading.Event())
            found = clocks(centre)
            return len(found) == 2 and found[0].state != "up"

        eventually(both_are_judged, seen=lambda: clocks(centre))
    finally:
        publisher.close()
        source.close()
    wrong, right = clocks(centre)
    assert (wrong.id, wrong.state, right.id, right.state) == ("reader-1", "clock-skewed", "reader-2", "up")
    assert wrong.offset_s == pytest.approx(90, abs=5)
    assert right.offset_s == pytest.approx(0, abs=5)
