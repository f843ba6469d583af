# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proof of "discard unless it hits": of 100,000 transits over Kafka, one in a hundred of which hits, no other stays.

    python -m scripts.benchmarks.centre.discard [--quick] [--transits 100000] [--processes 2]

The same transits are ingested twice, into two databases: by gates that keep all, and by gates that keep hits only.
Then every file of each database (after a CHECKPOINT, its WAL too), of the images, logs and outbox is searched for the
plates that matched no list. The first database must hold them all: so the search finds what is there. The last line of
standard output is one JSON object; the exit status is 1 when something stayed or was lost.
"""

import json
import re
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
import psycopg

from anpr.domain.transit import ImageRole, Transit
from anpr.domain.watchlist import Priority, Watchlist
from anpr.settings import KafkaSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.kafka import KafkaPublisher, create_topics
from anpr.transport.outbox import Outbox
from anpr.transport.pump import pump
from scripts.benchmarks.centre.ingest_processes import Drained, Ingests, ingests
from scripts.benchmarks.centre.workload import as_record
from scripts.benchmarks.common import CLOCK
from scripts.command import CannotRunError, Script, finish, log
from scripts.lab.kafka import KafkaBroker, ensure_jars
from scripts.lab.plate_traces import plates_in
from scripts.lab.transits import make_transit, picture, plate_of, with_images

HIT_EVERY = 100
GATES = 10
QUICK = 20_000
_PAGE = 5_000
_PICTURED = 20
"""One transit in so many comes through an outbox, with an image; the others have none."""
_IMAGES_WITHIN_S = 300.0
_LIST = Watchlist(id="uninsured", name="uninsured", priority=Priority.HIGH, purpose="test", legal_basis="none")
_DROPPED = re.compile(r"^anpr_images_discarded_total (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Passages:
    """`number` transits of the hour before `end`, each with a plate of its own."""

    number: int
    end: datetime

    @property
    def hits(self) -> set[str]:
        """Plates of those on the list."""
        return {plate_of(number) for number in range(0, self.number, HIT_EVERY)}

    @property
    def others(self) -> set[str]:
        """Plates of all others."""
        return {plate_of(number) for number in range(self.number)} - self.hits

    @property
    def pictured(self) -> int:
        """How many have an image; the hits are among them in the same share."""
        return len(range(0, self.number, _PICTURED))

    @property
    def pictured_hits(self) -> int:
        return len(range(0, self.number, max(_PICTURED, HIT_EVERY)))

    def transit(self, number: int) -> Transit:
        captured_at = self.end - timedelta(hours=1) * (1 - number / self.number)
        return make_transit(number, captured_at=captured_at, gate_id=f"gate-{number // HIT_EVERY % GATES}")


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How one of the two databases came out: how it was filled, and what its files hold."""

    drained: Drained
    hits: int
    """Plates of hits that its files hold."""
    traces: dict[str, int]
    """Other plates in the database's files, the images and the logs."""
    transits: int
    images: int
    alarms: int
    discarded: int


@click.command(cls=Script, help=__doc__)
@click.option("--transits", type=click.IntRange(1_000), default=100_000, show_default=True)
@click.option("--quick", is_flag=True, help=f"{QUICK:,} transits, about a minute.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Of `anpr ingest`.")
def main(transits: int, quick: bool, processes: int) -> None:
    passages = Passages(number=QUICK if quick else transits, end=CLOCK.now())
    with tempfile.TemporaryDirectory(prefix="anpr-discard-") as name:
        figures, problems, ways = run(Path(name), passages, processes)
    figures |= {f"ingest_per_s_{name}": way.per_s for name, way in ways.items()}
    finish(figures, problems)


def run(folder: Path, passages: Passages, processes: int) -> tuple[dict[str, Any], list[str], dict[str, Drained]]:
    """Both ways; figures, one message per problem, and how each database was filled."""
    ensure_jars()
    broker = KafkaBroker(folder / "kafka")
    try:
        broker.start()
        kafka = KafkaSettings(bootstrap=broker.bootstrap, partitions=12)
        create_topics(kafka)
        outbox = publish(folder, kafka, passages)
        kept = {keep: ingest(folder / keep, kafka, passages, keep, processes) for keep in ("all", "hits")}
    finally:
        broker.kill()
    figures: dict[str, Any] = {
        "transits": passages.number,
        "hits": len(passages.hits),
        "others": len(passages.others),
        "outbox_traces": outbox,
    }
    for keep, each in kept.items():
        figures[f"keep_{keep}"] = {
            "transits": each.transits, "images": each.images, "alarms": each.alarms, "discarded": each.discarded,
            "plates_of_hits": each.hits, "traces": each.traces,
        }  # fmt: skip
    return figures, problems_of(passages, kept, outbox), {keep: each.drained for keep, each in kept.items()}


def problems_of(passages: Passages, kept: dict[str, Kept], outbox: int) -> list[str]:
    """What is not as it should be, in words."""
    hits, everything = kept["hits"], kept["all"]
    wrong = []
    if any(hits.traces.values()) or outbox:
        wrong.append(f"plates that matched no list stayed: {hits.traces}, outbox {outbox}")
    if everything.traces["database"] != len(passages.others):
        wrong.append(f"the search missed plates that are there: it found {everything.traces['database']}")
    if (hits.transits, hits.alarms, hits.hits) != (len(passages.hits),) * 3:
        wrong.append(f"of {len(passages.hits)} hits {hits.transits} are stored, {hits.alarms} raised an alarm")
    if hits.images != passages.pictured_hits or hits.discarded != len(passages.others):
        wrong.append(f"{hits.images} images are kept, {hits.discarded} transits were counted as not kept")
    return wrong


def publish(folder: Path, kafka: KafkaSettings, passages: Passages) -> int:
    """Send all; some through an outbox, of which the number of other plates left there is returned."""
    log(f"publishing {passages.number} transits")
    numbers = range(passages.number)
    with closing(KafkaPublisher(kafka)) as publisher:
        with Outbox(folder / "outbox.sqlite", 1 << 30, CLOCK) as outbox, _pumping(outbox, publisher):
            for number in numbers[::_PICTURED]:
                outbox.put_transit(*with_images(passages.transit(number), {ImageRole.PLATE: picture(number, 500)}))
            _until(lambda: not any(each.records for each in outbox.counts().values()), "the outbox is not empty")
        others = [number for number in numbers if number % _PICTURED]
        for first in range(0, len(others), _PAGE):
            page = others[first : first + _PAGE]
            publisher.publish([as_record(number, passages.transit(number)) for number in page])
    return sum(len(plates_in(path, passages.others)) for path in folder.glob("outbox.sqlite*"))


@contextmanager
def _pumping(outbox: Outbox, publisher: KafkaPublisher) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=pump, args=(outbox, publisher, CLOCK, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def ingest(folder: Path, kafka: KafkaSettings, passages: Passages, keep: str, processes: int) -> Kept:
    """Ingest everything into a database of its own, at gates that keep `keep`; then search its files."""
    folder.mkdir()
    with embedded_database(folder / "postgres") as url:
        migrate(url)
        with Database(url, pool_size=1, application="discard") as database, database.transaction() as conn:
            save_watchlist(conn, _LIST)
            import_entries(conn, _LIST.id, [NewEntry(plate=plate, reason="test") for plate in sorted(passages.hits)])
        images = passages.pictured if keep == "all" else passages.pictured_hits
        with ingests(folder, url, kafka.bootstrap or "", _environment(keep), processes) as running:
            drained = running.drain(passages.number)
            _until(
                lambda: _images(url) == images and _dropped(running) == passages.pictured - images, "images are missing"
            )
        log(f"keep {keep}: {passages.number} in {drained.seconds:.1f} s with the start")
        return _kept(folder, url, passages, drained)


def _environment(keep: str) -> dict[str, str]:
    gate = {"purpose": "test", "legal_basis": "test", "retention_purpose": "checks"}
    return {
        "ANPR_GATES": json.dumps([{"id": f"gate-{n}", "name": f"Gate {n}", **gate} for n in range(GATES)]),
        "ANPR_RETENTION__PURPOSES": json.dumps([{"id": "checks", "name": "checks", "keep": keep}]),
        "ANPR_KAFKA__GROUP": f"keep-{keep}",
    }


def _kept(folder: Path, url: str, passages: Passages, drained: Drained) -> Kept:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CHECKPOINT")
        others, hits = passages.others, passages.hits
        stored = plates_in(folder / "postgres", others | hits)
        # The index `entries_reversed` holds listed plates backwards: AA100AA as AA001AA. Those count only as transits.
        backwards = sorted({plate[::-1] for plate in hits} & others)
        passed = conn.execute("SELECT DISTINCT plate FROM transits WHERE plate = ANY (%s)", [backwards]).fetchall()
        stored -= set(backwards) - {plate for (plate,) in passed}
        traces = {"database": len(stored & others), "images": len(plates_in(folder / "images", others))}
        traces["logs"] = sum(len(plates_in(path, others)) for path in folder.glob("*.log"))
        return Kept(
            drained=drained, hits=len(stored & hits), traces=traces,
            transits=_count(conn, "SELECT count(*) FROM transits"), images=_count(conn, "SELECT count(*) FROM images"),
            alarms=_count(conn, "SELECT count(*) FROM sightings"),
            discarded=_count(conn, "SELECT coalesce(sum(number), 0)::bigint FROM discarded_counts"),
        )  # fmt: skip


def _images(url: str) -> int:
    with psycopg.connect(url) as conn:
        return _count(conn, "SELECT count(*) FROM images")


def _count(conn: psycopg.Connection[Any], statement: str) -> int:
    row = conn.execute(statement.encode()).fetchone()
    return int(row[0]) if row else 0


def _dropped(running: Ingests) -> int:
    return sum(int(float(value)) for port in running.ports for value in _DROPPED.findall(_metrics(port)))


def _metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


def _until(check: Any, otherwise: str) -> None:
    deadline = time.monotonic() + _IMAGES_WITHIN_S
    while not check():
        if time.monotonic() > deadline:
            raise CannotRunError(f"{otherwise} after {_IMAGES_WITHIN_S:.0f} s")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
