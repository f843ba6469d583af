# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of signatures: what ingest does with signed and with unsigned transits, by turns, into a real PostgreSQL.

    python -m scripts.benchmarks.centre.signing [--quick]

Local, unsigned and signed transits take turns in one process, without a broker; each turn stores new ones. Figures are
medians of the turns. Processor time is that of ingest's process alone, and depends little on what else runs. The last
line of standard output is one JSON object.
"""

import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median

import click

from anpr.contract.signature import SIGNATURE_HEADER, SigningKey, read_claim, signed_bytes
from anpr.ingest.consume import Consumer
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.store_batch import Centre
from anpr.settings import IngestSettings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.images.image_store import ImageStore
from anpr.store.reader_keys import EnrolledKey
from anpr.transport.records import OutboxRecord
from anpr.transport.source import Incoming
from scripts.benchmarks.centre.workload import CAMERAS, Workload, as_record
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import Script, finish, log

WAYS = ("local", "unsigned", "signed")
FULL, QUICK = 20_000, 4_000
TURNS = 5


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Seconds that some transits took: by the clock, and of this process's processor time."""

    wall_s: float
    cpu_s: float


class Given:
    """A source that gives a list of messages."""

    def __init__(self, records: Sequence[Incoming]) -> None:
        self._left = list(records)

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:  # noqa: ARG002  it never waits
        found, self._left = self._left[:max_records], self._left[max_records:]
        return found

    def commit(self, records: Sequence[Incoming]) -> None:
        """Nothing comes again."""

    def close(self) -> None:
        """Nothing to let go."""


@click.command(cls=Script, help=__doc__)
@click.option("--quick", is_flag=True, help="Fewer transits: a minute.")
def main(quick: bool) -> None:
    number = QUICK if quick else FULL
    keys = {f"reader-{each}": SigningKey.generate() for each in range(CAMERAS)}
    with (
        tempfile.TemporaryDirectory(prefix="anpr-benchmark-") as name,
        embedded_database(Path(name) / "postgres") as url,
    ):
        migrate(url)
        with Database(url, pool_size=2, application="benchmark") as database:
            centre = Centre(database=database, images=ImageStore(Path(name) / "images"))
            turns: dict[str, list[Turn]] = {way: [] for way in WAYS}
            for seed in range(TURNS):
                for way, of_way in turns.items():
                    of_way.append(_turn(centre, keys, way, number, seed))
    finish({"transits": number, "turns": TURNS, **_figures(turns, number), **_single(keys["reader-0"])})


def _turn(centre: Centre, keys: dict[str, SigningKey], way: str, number: int, seed: int) -> Turn:
    end = CLOCK.now() - timedelta(seconds=seed * len(WAYS) + WAYS.index(way))
    transits = Workload(number=number, end=end, seed=seed).transits()
    key_of = keys if way == "signed" else {}
    source = Given([_incoming(as_record(n, each), key_of.get(each.reader_id)) for n, each in enumerate(transits)])
    enrolled = [EnrolledKey(reader_id=name, key=key.public, enrolled_at=end) for name, key in key_of.items()]
    ring = None if way == "local" else KeyRing(enrolled)
    consumer = Consumer(source=source, centre=centre, settings=IngestSettings(), clock=CLOCK, keys=ring)
    wall, cpu, never = time.perf_counter(), time.process_time(), threading.Event()
    while consumer.step(never):
        pass
    turn = Turn(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu)
    assert consumer.summary.transits == number, consumer.summary
    log(f"{way}: {number} in {turn.wall_s:.2f} s, {turn.cpu_s:.2f} s of the processor")
    return turn


def _incoming(record: OutboxRecord, key: SigningKey | None) -> Incoming:
    headers = dict(record.headers)
    if key is not None:
        headers[SIGNATURE_HEADER] = key.sign(record.topic, record.key, headers, record.value)
    return Incoming(
        topic=record.topic, partition=0, offset=record.seq, key=record.key, headers=headers, value=record.value
    )


def _figures(turns: dict[str, list[Turn]], number: int) -> Figures:
    figures: Figures = {}
    for way, of_way in turns.items():
        figures[f"{way}_per_s"] = round(number / median(turn.wall_s for turn in of_way))
        figures[f"{way}_cpu_us"] = round(median(turn.cpu_s for turn in of_way) / number * 1e6, 1)
    return figures


def _single(key: SigningKey, times: int = 2_000) -> Figures:
    """Processor time of one signature and of one verification, of a message of 1 KB."""
    message: tuple[str, bytes, dict[str, bytes], bytes] = ("anpr.transits", b"gate-1", {}, bytes(1_000))
    began = time.process_time()
    headers = [key.sign(*message) for _ in range(times)]
    signed_at = time.process_time()
    for header in headers:
        assert key.public.verifies(read_claim(header).signature, signed_bytes(*message))
    ended = time.process_time()
    return {
        "sign_us": round((signed_at - began) / times * 1e6, 1),
        "verify_us": round((ended - signed_at) / times * 1e6, 1),
    }


if __name__ == "__main__":
    main()
