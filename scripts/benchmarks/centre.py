"""Ingest rate over real Kafka and in the direct form, replay of duplicates, and the time from topic to alarm."""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from anpr.clock import SystemClock
from anpr.ingest.consume import Centre, Consumer
from anpr.message import TRANSITS_TOPIC
from anpr.settings import IngestSettings, KafkaSettings
from anpr.store.database import Database
from anpr.store.embedded import embedded_database
from anpr.store.images import ImageStore
from anpr.store.migrate import migrate
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import KafkaPublisher, KafkaSource, create_topics
from anpr.transport.outbox import Outbox
from anpr.transport.records import OutboxRecord, RecordKind
from anpr.transport.source import Source
from scripts.benchmarks.workload import Workload, as_record, fill_watchlists
from tests.kafka_broker import KafkaBroker, ensure_jars

CLOCK = SystemClock()
WATCHLIST_ENTRIES = 100_000
Figures = dict[str, float | int]


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="anpr-benchmark-")))
        database = stack.enter_context(_database(folder / "postgres"))
        _say(f"watchlists: {WATCHLIST_ENTRIES} entries")
        fill_watchlists(database, WATCHLIST_ENTRIES)
        broker = stack.enter_context(_broker(folder / "kafka"))
        kafka = KafkaSettings(bootstrap=broker.bootstrap, partitions=12)
        create_topics(kafka)
        settings = IngestSettings(batch_size=options.batch)
        bench = Bench(database, settings, folder)
        figures: Figures = {"transits": options.transits, "batch": options.batch}
        figures |= bench.over_kafka(kafka, Workload(number=options.transits, end=CLOCK.now()))
        figures |= bench.direct(Workload(number=options.transits // 10, end=CLOCK.now(), seed=2))
        figures |= bench.alarms(kafka, options.alarm_seconds)
        figures["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps(figures) + "\n")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark_centre", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less than a minute")
    parser.add_argument("--transits", type=int, help="how many (400000, or 30000 with --quick)")
    parser.add_argument("--batch", type=int, default=IngestSettings().batch_size, help="ingest.batch_size")
    options = parser.parse_args(arguments)
    options.transits = options.transits or (30_000 if options.quick else 400_000)
    options.alarm_seconds = 5 if options.quick else 30
    return options


class Bench:
    """The centre under test."""

    def __init__(self, database: Database, settings: IngestSettings, folder: Path) -> None:
        self._database = database
        self._settings = settings
        self._folder = folder

    def over_kafka(self, kafka: KafkaSettings, workload: Workload) -> Figures:
        """Everything waits in the broker; then it is stored, and then it comes again."""
        with closing(KafkaPublisher(kafka)) as publisher:
            published_s = _timed(lambda: _publish(publisher, workload.records()))
        _say(f"published {workload.number} in {published_s:.1f} s")
        rates = []
        for group in ("first", "again"):
            source = KafkaSource(kafka.model_copy(update={"group": group}), [TRANSITS_TOPIC], CLOCK)
            with closing(source):
                seconds = self._drain(source, workload.number)
            rates.append(round(workload.number / seconds))
            _say(f"kafka, {group}: {workload.number} in {seconds:.1f} s, {rates[-1]} transits/s")
        return {
            "ingest_per_s": rates[0],
            "replay_per_s": rates[1],
            "publish_per_s": round(workload.number / published_s),
        }

    def direct(self, workload: Workload) -> Figures:
        """The reader's outbox on the same machine; each put is flushed to disk, as in life."""
        with Outbox(self._folder / "outbox.sqlite", 1 << 30, CLOCK) as outbox:

            def put_all() -> None:
                for transit in workload.transits():
                    outbox.put_transit(transit, {})

            put_s = _timed(put_all)
            with closing(DirectSource(outbox.path, CLOCK, [RecordKind.METADATA])) as source:
                seconds = self._drain(source, workload.number)
        _say(f"direct: {workload.number} put in {put_s:.1f} s, stored in {seconds:.1f} s")
        return {
            "outbox_put_per_s": round(workload.number / put_s),
            "direct_ingest_per_s": round(workload.number / seconds),
        }

    def _drain(self, source: Source, number: int) -> float:
        """Seconds until `number` transits are recorded, from the first look."""
        consumer = self._consumer(source)
        stop = threading.Event()

        def drain() -> None:
            while consumer.summary.transits + consumer.summary.duplicates < number:
                consumer.step(stop)

        return _timed(drain)

    def _consumer(self, source: Source) -> Consumer:
        centre = Centre(database=self._database, images=ImageStore(self._folder / "images"))
        return Consumer(source=source, centre=centre, settings=self._settings, clock=CLOCK)

    def alarms(self, kafka: KafkaSettings, seconds: int, per_s: int = 500) -> Figures:
        """From the topic to a listener's notification, while `per_s` transits a second pass; each tenth is listed."""
        kafka = kafka.model_copy(update={"topic_prefix": "alarms.", "group": "alarms"})
        create_topics(kafka)
        stop = threading.Event()
        with closing(KafkaSource(kafka, [TRANSITS_TOPIC], CLOCK)) as source:
            consumer = self._consumer(source)
            consumer.step(stop)
            consuming = threading.Thread(target=consumer.run, args=(stop,))
            consuming.start()
            try:
                delays = AlarmDelays(self._database, kafka, seconds, per_s).measure()
            finally:
                stop.set()
                consuming.join()
        if not delays:
            raise SystemExit("no alarm arrived")
        cuts = statistics.quantiles(delays, n=100)
        _say(f"alarms: {len(delays)}, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms")
        return {"alarms": len(delays), "alarm_p50_ms": round(cuts[49], 1), "alarm_p99_ms": round(cuts[98], 1)}


class AlarmDelays:
    """Sends transits at a steady rate and listens for their alarms."""

    def __init__(self, database: Database, kafka: KafkaSettings, seconds: int, per_s: int) -> None:
        self._database = database
        self._kafka = kafka
        self._total = seconds * per_s
        self._per_s = per_s
        self._sent: dict[str, float] = {}
        self._delays: list[float] = []
        self._done = threading.Event()

    def measure(self) -> list[float]:
        """Milliseconds from handing a transit to the producer to its alarm's notification, for each alarm."""
        listening = threading.Thread(target=self._listen)
        listening.start()
        self._send()
        self._done.wait(3)
        self._done.set()
        listening.join()
        return self._delays

    def _send(self) -> None:
        workload = Workload(number=self._total, end=CLOCK.now(), seed=3)
        with closing(KafkaPublisher(self._kafka)) as publisher:
            started = CLOCK.monotonic()
            never = threading.Event()
            for index, transit in enumerate(workload.transits()):
                CLOCK.wait(never, max(0.0, started + index / self._per_s - CLOCK.monotonic()))
                if index % 10 == 0:
                    transit = replace(transit, plate="AA000AA", confidence=0.9)  # noqa: PLW2901  entry 0 of the lists
                    self._sent[str(transit.id)] = CLOCK.monotonic()
                publisher.publish([as_record(index, transit)])

    def _listen(self) -> None:
        for note in self._database.notifications("anpr_alarm", self._done):
            arrived = CLOCK.monotonic()
            with self._database.transaction() as conn:
                row = conn.execute("SELECT transit_id FROM alarms WHERE id = %s", (int(note.payload),)).fetchone()
            sent = self._sent.get(str(row["transit_id"])) if row else None
            if sent is not None:
                self._delays.append((arrived - sent) * 1000)


def _publish(publisher: KafkaPublisher, records: Iterator[OutboxRecord]) -> None:
    while page := list(islice(records, 5_000)):
        publisher.publish(page)


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    with embedded_database(folder) as url:
        migrate(url)
        with Database(url, pool_size=4, application="benchmark") as database:
            yield database


@contextmanager
def _broker(folder: Path) -> Iterator[KafkaBroker]:
    ensure_jars()
    broker = KafkaBroker(folder)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


def _timed(work: Callable[[], object]) -> float:
    started = CLOCK.monotonic()
    work()
    return CLOCK.monotonic() - started


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
