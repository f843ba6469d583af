"""The centre's speed: what it stores a second, how late its alarms are, how fast it answers. Real Kafka and PostgreSQL.

The last line of standard output is one JSON object; docs/benchmarks.md says what each figure is.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from anpr.ingest.consume import Centre, Consumer
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
from scripts.benchmarks.common import CLOCK, Figures, say, timed
from scripts.lab.kafka import KafkaBroker, ensure_jars

WATCHLIST_ENTRIES = 100_000
OUTAGE = 400_000
"""Transits of 100 cameras in a day."""
_TOGETHER = {"group.initial.rebalance.delay.ms": "1500"}
"""As brokers have it (3 s): the processes of a group begin together, not one after the other has begun alone."""
PARTS = ("ingest", "alarms", "direct", "queries")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How much of everything."""

    transits: int
    alarm_s: int
    direct: int
    rows: int


FULL = Plan(transits=OUTAGE, alarm_s=30, direct=10_000, rows=10_000_000)
QUICK = Plan(transits=80_000, alarm_s=5, direct=500, rows=100_000)


def main(arguments: Sequence[str]) -> None:
    options = _options(arguments)
    parts, plan = options.parts, QUICK if options.quick else FULL
    figures: Figures = {"batch": options.batch, "processes": options.processes}
    with tempfile.TemporaryDirectory(prefix="anpr-benchmark-") as name:
        folder = Path(name)
        if {"ingest", "alarms", "direct"} & set(parts):
            with _bench(folder, options) as bench:
                if "ingest" in parts:
                    figures |= bench.ingest(options.transits or plan.transits)
                if "alarms" in parts:
                    figures |= bench.alarms(plan.alarm_s)
                if "direct" in parts:
                    figures |= bench.direct(Workload(number=plan.direct, end=CLOCK.now(), seed=2))
        if "queries" in parts:
            month = Month(rows=options.rows or plan.rows, end=CLOCK.now())
            figures |= query_figures(folder / "month", month, options.plans)
    sys.stdout.write(json.dumps(figures) + "\n")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmark_centre", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="less of everything: less than a minute in all")
    parser.add_argument("--transits", type=int, help=f"to ingest ({FULL.transits}, with --quick {QUICK.transits})")
    parser.add_argument("--rows", type=int, help=f"to query ({FULL.rows}, with --quick {QUICK.rows})")
    parser.add_argument("--plans", type=Path, help="folder for PostgreSQL's plans of the queries")
    parser.add_argument("--batch", type=int, default=IngestSettings().batch_size, help="ingest.batch_size")
    parser.add_argument("--processes", type=int, default=2, help="of `anpr ingest` (2)")
    options = parser.parse_args(arguments)
    options.parts = options.parts or list(PARTS)
    return options


class Bench:
    """A broker, a database with watchlists, and what is measured with them."""

    def __init__(self, folder: Path, url: str, database: Database, kafka: KafkaSettings, options: argparse.Namespace):
        self._folder = folder
        self._url = url
        self._database = database
        self._kafka = kafka
        self._options = options

    def ingest(self, number: int) -> Figures:
        """Everything waits in the broker; then it is stored, and then, for another group, it comes again."""
        workload = Workload(number=number, end=CLOCK.now())
        published_s = timed(lambda: publish(self._kafka, workload))
        say(f"published {number} in {published_s:.1f} s")
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
        say(
            f"{group}: {number} in {drained.seconds:.1f} s with the start, {drained.per_s} transits/s side by side;"
            f" MB of memory at each fifth: {drained.memory_mb}"
        )
        return drained

    def alarms(self, seconds: int, per_s: int = 500) -> Figures:
        """One `anpr ingest`, and a topic of its own."""
        kafka = self._kafka.model_copy(update={"topic_prefix": "alarms."})
        create_topics(kafka)
        environment = {"ANPR_KAFKA__TOPIC_PREFIX": kafka.topic_prefix, "ANPR_KAFKA__GROUP": "alarms"}
        with ingests(self._folder, self._url, kafka.bootstrap or "", environment, 1) as running:
            publish(kafka, Workload(number=1_000, end=CLOCK.now(), seed=5), shares=1)
            running.drain(1_000)
            return alarm_figures(self._database, kafka, seconds, per_s)

    def direct(self, workload: Workload) -> Figures:
        """The reader's outbox on the same machine; each put is flushed to disk, as in life."""
        with Outbox(self._folder / "outbox.sqlite", 1 << 30, CLOCK) as outbox:
            put_s = timed(lambda: put_all(outbox, workload))
            with closing(DirectSource(outbox.path, CLOCK, [RecordKind.METADATA])) as source:
                centre = Centre(database=self._database, images=ImageStore(self._folder / "images"))
                consumer = Consumer(source=source, centre=centre, settings=IngestSettings(), clock=CLOCK)
                seconds = timed(lambda: drain(consumer, workload.number))
        say(f"direct: {workload.number} put in {put_s:.1f} s, stored in {seconds:.1f} s")
        return {
            "outbox_put_per_s": round(workload.number / put_s),
            "direct_ingest_per_s": round(workload.number / seconds),
        }


@contextmanager
def _bench(folder: Path, options: argparse.Namespace) -> Iterator[Bench]:
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
    main(sys.argv[1:])
