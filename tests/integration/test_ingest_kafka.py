# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reader to database over a real Apache Kafka, also when the broker or an ingest dies on the way."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole
from anpr.ingest.run import run_ingest
from anpr.ingest.summary import IngestSummary
from anpr.runtime.clock import SystemClock
from anpr.settings import KafkaSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.dead_letters import list_dead_letters
from anpr.transport.kafka import DEADLETTER_TOPIC, KafkaPublisher, KafkaSource, create_topics
from anpr.transport.kafka.topics import MAX_RECORD_BYTES
from anpr.transport.outbox import Outbox
from anpr.transport.pump import pump
from anpr.transport.records import OutboxRecord
from scripts.lab.kafka import KafkaBroker
from scripts.lab.transits import make_recent, picture, with_images
from tests.integration.test_ingest import count
from tests.support.waiting import eventually

pytestmark = pytest.mark.kafka
DEADLINE_S = 360.0
CLOCK = SystemClock()


def settings_for(bootstrap: str, folder: Path) -> Settings:
    kafka = KafkaSettings(
        bootstrap=bootstrap, topic_prefix=f"{uuid.uuid4().hex}.", group=uuid.uuid4().hex, partitions=3
    )
    return Settings(data_dir=folder, kafka=kafka)


@contextmanager
def running(work: Callable[[threading.Event], object], stop: threading.Event) -> Iterator[Future[object]]:
    """The work in a thread; told to stop at the end, and then it must not have raised."""
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(work, stop)
        try:
            yield future
        finally:
            stop.set()
        future.result(DEADLINE_S)


@contextmanager
def reader(settings: Settings) -> Iterator[Outbox]:
    """An outbox that is pumped to the broker."""
    with (
        Outbox(settings.outbox_path, 256 * 1024 * 1024, CLOCK) as outbox,
        closing(KafkaPublisher(settings.kafka, delivery_timeout_s=4.0)) as publisher,
        running(lambda stop: pump(outbox, publisher, CLOCK, stop), threading.Event()),
    ):
        yield outbox


@contextmanager
def ingest(settings: Settings, database: Database) -> Iterator[Future[object]]:
    with running(lambda stop: run_ingest(settings, database, CLOCK, stop), threading.Event()) as future:
        yield future


def put(outbox: Outbox, numbers: Sequence[int]) -> None:
    for number in numbers:
        transit = make_recent(number, gate_id=f"gate-{number % 5}")
        outbox.put_transit(*with_images(transit, {ImageRole.PLATE: picture(number, 5_000)}))


def wait_for(database: Database, table: str, number: int, *parts: Future[object]) -> None:
    def is_there() -> bool:
        for part in parts:
            assert not part.done(), part.result()
        return count(database, table) >= number

    eventually(is_there, seen=lambda: f"{count(database, table)} of {number} {table}")


def test_from_the_outbox_over_the_broker_to_the_database(
    kafka_bootstrap: str, database: Database, tmp_path: Path
) -> None:
    settings = settings_for(kafka_bootstrap, tmp_path)
    with ingest(settings, database) as ingesting, reader(settings) as outbox:
        put(outbox, range(50))
        wait_for(database, "transits", 50, ingesting)
        wait_for(database, "images", 50, ingesting)
    summary = ingesting.result()
    assert isinstance(summary, IngestSummary)
    assert (summary.transits, summary.images, summary.poison) == (50, 50, 0)


def test_a_refused_message_goes_to_the_table_and_to_the_topic(
    kafka_bootstrap: str, database: Database, tmp_path: Path
) -> None:
    settings = settings_for(kafka_bootstrap, tmp_path)
    create_topics(settings.kafka)
    bad = OutboxRecord(seq=1, topic=TRANSITS_TOPIC, key=b"gate-1", headers={"from": b"test"}, value=b"not a transit")
    with closing(KafkaPublisher(settings.kafka)) as publisher:
        assert publisher.publish([bad]) == [1]
    with ingest(settings, database) as ingesting:
        wait_for(database, "dead_letters", 1, ingesting)
        with closing(KafkaSource(settings.kafka, [DEADLETTER_TOPIC], CLOCK)) as source:
            (letter,) = source.poll(10, DEADLINE_S)
    assert (letter.key, letter.value) == (b"gate-1", b"not a transit")
    with database.transaction() as conn:
        (row,) = list_dead_letters(conn)
    assert (row.topic, row.reason) == (TRANSITS_TOPIC, PoisonReason.NOT_JSON)
    assert letter.headers["from"] == b"test"
    assert letter.headers["anpr.reason"] == b"not-json"
    assert letter.headers["anpr.partition"] == str(row.partition).encode()
    assert letter.headers["anpr.offset"] == str(row.offset).encode()


def test_the_largest_message_the_topic_takes_is_set_apart_and_does_not_stop_ingest(
    kafka_bootstrap: str, database: Database, tmp_path: Path
) -> None:
    settings = settings_for(kafka_bootstrap, tmp_path)
    create_topics(settings.kafka)
    huge = OutboxRecord(seq=1, topic=IMAGES_TOPIC, key=b"x", headers={}, value=bytes(MAX_RECORD_BYTES - 100))
    with closing(KafkaPublisher(settings.kafka)) as publisher:
        assert publisher.publish([huge]) == [1]
    with ingest(settings, database) as ingesting:
        wait_for(database, "dead_letters", 1, ingesting)
    with closing(KafkaSource(settings.kafka, [DEADLETTER_TOPIC], CLOCK)) as source:
        letters = eventually(lambda: source.poll(1, 1.0))
    assert letters[0].headers["anpr.reason"] == b"too-large"


def test_two_ingests_share_the_work_and_one_takes_over_when_the_other_ends(
    kafka_bootstrap: str, database: Database, tmp_path: Path
) -> None:
    settings = settings_for(kafka_bootstrap, tmp_path)
    with reader(settings) as outbox, ingest(settings, database) as first:
        with ingest(settings, database) as second:
            put(outbox, range(60))
            wait_for(database, "transits", 60, first, second)
        put(outbox, range(60, 120))
        wait_for(database, "transits", 120, first)
        wait_for(database, "images", 120, first)
    assert (count(database, "transits"), count(database, "images")) == (120, 120)


def test_a_broker_killed_on_the_way_loses_and_doubles_nothing(
    kafka_broker: KafkaBroker, database: Database, tmp_path: Path
) -> None:
    settings = settings_for(kafka_broker.bootstrap, tmp_path)
    with ingest(settings, database) as ingesting, reader(settings) as outbox:
        put(outbox, range(40))
        wait_for(database, "transits", 40, ingesting)
        kafka_broker.kill()
        put(outbox, range(40, 80))
        kafka_broker.start()
        put(outbox, range(80, 100))
        wait_for(database, "transits", 100, ingesting)
        wait_for(database, "images", 100, ingesting)
    assert (count(database, "transits"), count(database, "images")) == (100, 100)
    assert count(database, "dead_letters") == 0
