# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of the centre: ingest rate, alarm delay and query times, with real Kafka and PostgreSQL.

    make benchmark-centre ARGS="[--quick] [ingest] [alarms] [direct] [queries]"
    python -m scripts.benchmarks.centre.run …

Without a part's name all parts run. The last line of standard output is one JSON object; docs/benchmarks.md explains
its figures.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from anpr.ingest.consume import Consumer
from anpr.ingest.store_batch import Centre
from anpr.settings import IngestSettings, KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.images.image_store import ImageStore
from anpr.transport.direct import DirectSource
from anpr.transport.kafka import create_topics
from anpr.transport.outbox import Outbox
from anpr.transport.records import RecordKind
from scripts.benchmarks.centre.alarms import alarm_figures
from scripts.benchmarks.centre.ingest_processes import Drained, ingests
from scripts.benchmarks.centre.month import Month
from scripts.benchmarks.centre.publish import publish
from scripts.benchmarks.centre.queries import query_figures
from scripts.benchmarks.centre.workload import Workload, drain, fill_watchlists, put_all
from scripts.benchmarks.common import CLOCK, Figures, timed
from scripts.command import Script, finish, log
from scripts.lab.kafka import KafkaBroker, ensure_jars

WATCHLIST_ENTRIES = 100_000
OUTAGE = 400_000
"""Transits of 100 cameras in a day."""
_TOGETHER = {"group.initial.rebalance.delay.ms": "1500"}
"""Brokers wait 3 s by default: the processes of a group begin together, and none begins alone."""
PARTS = ("ingest", "alarms", "direct", "queries")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Amount of work of each part."""

    transits: int
    alarm_s: int
    direct: int
    rows: int


FULL = Plan(transits=OUTAGE, alarm_s=30, direct=10_000, rows=10_000_000)
QUICK = Plan(transits=80_000, alarm_s=5, direct=500, rows=100_000)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of the ingest processes."""

    batch: int
    processes: int


@click.command(cls=Script, help=__doc__)
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--quick", is_flag=True, help="Less of everything: less than a minute on two quiet cores.")
@click.option("--transits", type=click.IntRange(1), help=f"To ingest [{FULL.transits}; quick: {QUICK.transits}].")
@click.option("--rows", type=click.IntRange(1), help=f"To query [{FULL.rows}; quick: {QUICK.rows}].")
@click.option("--plans", type=click.Path(path_type=Path), help="Folder for PostgreSQL's plans of the queries.")
@click.option("--batch", type=click.IntRange(1), default=IngestSettings().batch_size, show_default=True)
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Of `anpr ingest`.")
def main(**given: Any) -> None:
    parts, plan = set(given["parts"] or PARTS), QUICK if given["quick"] else FULL
    options = Options(batch=given["batch"], processes=given["processes"])
    figures: Figures = {"batch": options.batch, "processes": options.processes}
    with tempfile.TemporaryDirectory(prefix="anpr-benchmark-") as name:
        folder = Path(name)
        if {"ingest", "alarms", "direct"} & parts:
            with _bench(folder, options) as bench:
                if "ingest" in parts:
                    figures |= bench.ingest(given["transits"] or plan.transits)
                if "alarms" in parts:
                    figures |= bench.alarms(plan.alarm_s)
                if "direct" in parts:
                    figures |= bench.direct(Workload(number=plan.direct, end=CLOCK.now(), seed=2))
        if "queries" in parts:
            month = Month(rows=given["rows"] or plan.rows, end=CLOCK.now())
            figures |= query_figures(folder / "month", month, given["plans"])
    finish(figures)


class Bench:
    """A broker and a database with watchlists, and the measurements that use them."""

    def __init__(self, folder: Path, url: str, database: Database, kafka: KafkaSettings, options: Options):
        self._folder = folder
        self._url = url
        self._database = database
        self._kafka = kafka
        self._options = options

    def ingest(self, number: int) -> Figures:
        """Publish everything, then ingest it, and ingest it again as another consumer group (replay)."""
        workload = Workload(number=number, end=CLOCK.now())
        published_s = timed(lambda: publish(self._kafka, workload))
        log(f"published {number} in {published_s:.1f} s")
        first, again = self._drain("first", number), self._drain("again", number)
        return {
            "transits": number,
            "ingest_per_s": first.per_s,
            "replay_per_s": again.per_s,
            # Start of the processes included; for fewer transits than a day's, at the rate of those.
            "outage_s": round(first.seconds + (OUTAGE - number) / first.per_s, 1),
            "rss_mb": first.memory_mb + again.memory_mb,
            "publish_per_s": round(number / published_s),
        }

    def _drain(self, group: str, number: int) -> Drained:
        environment = {"ANPR_KAFKA__GROUP": group, "ANPR_INGEST__BATCH_SIZE": str(self._options.batch)}
        bootstrap, processes = self._kafka.bootstrap or "", self._options.processes
        with ingests(self._folder, self._url, bootstrap, environment, processes) as running:
            drained = running.drain(number)
        log(
            f"{group}: {number} in {drained.seconds:.1f} s with the start, {drained.per_s} transits/s side by side;"
            f" MB of memory at each fifth: {drained.memory_mb}"
        )
        return drained

    def alarms(self, seconds: int, per_s: int = 500) -> Figures:
        """Alarm delays with one `anpr ingest` on topics of its own."""
        kafka = self._kafka.model_copy(update={"topic_prefix": "alarms."})
        create_topics(kafka)
        environment = {"ANPR_KAFKA__TOPIC_PREFIX": kafka.topic_prefix, "ANPR_KAFKA__GROUP": "alarms"}
        with ingests(self._folder, self._url, kafka.bootstrap or "", environment, 1) as running:
            publish(kafka, Workload(number=1_000, end=CLOCK.now(), seed=5), shares=1)
            running.drain(1_000)
            return alarm_figures(self._database, kafka, seconds, per_s)

    def direct(self, workload: Workload) -> Figures:
        """Ingest from a reader's outbox on the same machine; each put is flushed to disk, as in production."""
        with Outbox(self._folder / "outbox.sqlite", 1 << 30, CLOCK) as outbox:
            put_s = timed(lambda: put_all(outbox, workload))
            with closing(DirectSource(outbox.path, CLOCK, [RecordKind.METADATA])) as source:
                centre = Centre(database=self._database, images=ImageStore(self._folder / "images"))
                consumer = Consumer(source=source, centre=centre, settings=IngestSettings(), clock=CLOCK)
                seconds = timed(lambda: drain(consumer, workload.number))
        log(f"direct: {workload.number} put in {put_s:.1f} s, stored in {seconds:.1f} s")
        return {
            "outbox_put_per_s": round(workload.number / put_s),
            "direct_ingest_per_s": round(workload.number / seconds),
        }


@contextmanager
def _bench(folder: Path, options: Options) -> Iterator[Bench]:
    ensure_jars()
    broker = KafkaBroker(folder / "kafka", properties=_TOGETHER)
    try:
        with embedded_database(folder / "postgres") as url:
            migrate(url)
            with Database(url, pool_size=4, application="benchmark") as database:
                fill_watchlists(database, WATCHLIST_ENTRIES)
                broker.start()
                kafka = KafkaSettings(bootstrap=broker.bootstrap, partitions=12)
                create_topics(kafka)
                yield Bench(folder, url, database, kafka, options)
    finally:
        broker.kill()


if __name__ == "__main__":
    main()
