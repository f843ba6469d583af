# SPDX-License-Identifier: AGPL-3.0-or-later
"""Running consumers together."""

import threading
from pathlib import Path

import pytest

from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC, VIEWS_TOPIC
from anpr.domain.errors import TransportError
from anpr.ingest.consume import Consumer
from anpr.ingest.run import open_sources, run_consumers
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings import IngestSettings, KafkaSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import KafkaSource
from anpr.transport.source import Incoming
from tests.support.sources import ListSource


class Refusing(ListSource):
    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:  # noqa: ARG002
        raise TransportError("wrong password", permanent=True)


def consumer(source: ListSource, tmp_path: Path) -> Consumer:
    """One whose database is never asked: there is nothing to record."""
    centre = Centre(database=Database("postgresql://nobody@127.0.0.1:1/none"), images=ImageStore(tmp_path))
    return Consumer(source=source, centre=centre, settings=IngestSettings(), clock=SystemClock())


def test_one_that_fails_ends_all_of_them(tmp_path: Path) -> None:
    stop = threading.Event()
    consumers = [consumer(ListSource([]), tmp_path), consumer(Refusing([]), tmp_path)]
    with pytest.raises(TransportError, match="wrong password"):
        run_consumers(consumers, SystemClock(), stop)
    assert stop.is_set()


def test_it_ends_after_the_given_time(tmp_path: Path, clock: ManualClock) -> None:
    run_consumers([consumer(ListSource([]), tmp_path)], clock, threading.Event(), seconds=5)
    assert 5 <= clock.monotonic() < 5.5


def test_it_ends_when_told(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    run_consumers([consumer(ListSource([]), tmp_path)], SystemClock(), stop)


def test_without_a_broker_it_reads_the_outbox(tmp_path: Path, clock: ManualClock) -> None:
    sources = [source for source, _ in open_sources(Settings(data_dir=tmp_path), clock)]
    assert [type(source) for source in sources] == [DirectSource, DirectSource]
    for source in sources:
        source.close()


def test_with_a_broker_it_reads_that(tmp_path: Path, clock: ManualClock) -> None:
    settings = Settings(data_dir=tmp_path, kafka=KafkaSettings(bootstrap="b:1"))
    sources = [source for source, _ in open_sources(settings, clock)]
    assert [source._topics for source in sources if isinstance(source, KafkaSource)] == [
        (TRANSITS_TOPIC,),
        (HEALTH_TOPIC,),
        (IMAGES_TOPIC, VIEWS_TOPIC),
    ], "a flood of health reports or images holds up no transit"


@pytest.mark.parametrize(("asked", "given"), [(2_000, [2_000, 500, 500]), (50, [50, 50, 50])])
def test_a_batch_of_pictures_or_reports_is_bounded_apart(
    asked: int, given: list[int], tmp_path: Path, clock: ManualClock
) -> None:
    settings = Settings(
        data_dir=tmp_path, kafka=KafkaSettings(bootstrap="b:1"), ingest=IngestSettings(batch_size=asked)
    )
    assert [batches.batch_size for _, batches in open_sources(settings, clock)] == given
