# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ingest at a steady rate beside another measurement, in a process of its own.

    python -m scripts.benchmarks.centre.paced_ingest DATABASE_URL --per-s 5000 --seconds 60

Encoded transits are decoded, matched and stored as `anpr ingest` does, ten batches a second. It says `ready` once they
are made. The last line of standard output is one JSON object: `ingest_per_s`, and how late a batch was at the most.
"""

import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import click
import msgspec

from anpr.ingest.batch import decode
from anpr.ingest.store_batch import Centre, store_batch
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore
from anpr.transport.source import Incoming
from scripts.benchmarks.centre.workload import Workload, as_record
from scripts.benchmarks.common import CLOCK, Figures
from scripts.command import CannotRunError, Script, finish
from scripts.lab.processes import python

_BATCHES_PER_S = 10
_READY = "ready"


@click.command(cls=Script, help=__doc__)
@click.argument("url")
@click.option("--per-s", type=click.IntRange(_BATCHES_PER_S), default=5000, show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=60, show_default=True)
def main(url: str, per_s: int, seconds: int) -> None:
    """Store until the transits or the time are over, or SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    number = per_s * seconds
    span = timedelta(seconds=seconds)
    workload = Workload(number=number, end=CLOCK.now() + timedelta(minutes=1), span=span, seed=19)
    messages = [
        Incoming(topic=each.topic, partition=0, offset=each.seq, key=each.key, headers=each.headers, value=each.value)
        for each in map(as_record, range(number), workload.transits())
    ]
    with tempfile.TemporaryDirectory() as name, Database(url, pool_size=1, application="paced ingest") as database:
        centre = Centre(database=database, images=ImageStore(Path(name)))
        click.echo(_READY)
        finish(_store(centre, messages, per_s // _BATCHES_PER_S, stop))


def _store(centre: Centre, messages: list[Incoming], size: int, stop: threading.Event) -> Figures:
    began, stored, late_s = CLOCK.monotonic(), 0, 0.0
    oldest = CLOCK.now() - timedelta(days=1)
    for number, at in enumerate(range(0, len(messages), size)):
        due = began + number / _BATCHES_PER_S
        if CLOCK.wait(stop, max(0.0, due - CLOCK.monotonic())):
            break
        stored += _store_one(centre, messages[at : at + size], oldest)
        late_s = max(late_s, CLOCK.monotonic() - due - 1 / _BATCHES_PER_S)
    seconds = CLOCK.monotonic() - began
    return {"ingest_per_s": round(stored / seconds), "ingest_seconds": round(seconds, 1), "late_s": round(late_s, 2)}


def _store_one(centre: Centre, messages: list[Incoming], oldest: datetime) -> int:
    now = CLOCK.now()
    return store_batch(centre, decode(messages, now, lambda _: oldest), now).stored


@contextmanager
def ingest_beside(url: str, per_s: int, seconds: int, figures: Figures) -> Iterator[None]:
    """Ingest runs within; `figures` has its own at the end. Raises CannotRunError when it does not work."""
    command = python(
        "-m", "scripts.benchmarks.centre.paced_ingest", url, "--per-s", str(per_s), "--seconds", str(seconds)
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        if running.stdout.readline().strip() != _READY:
            raise CannotRunError("ingest beside the searches did not start")
        try:
            yield
        finally:
            running.terminate()
            told = running.stdout.read().splitlines()
    if not told:
        raise CannotRunError("ingest beside the searches ended without figures")
    figures |= msgspec.json.decode(told[-1])


if __name__ == "__main__":
    main()
