# SPDX-License-Identifier: AGPL-3.0-or-later
"""Benchmark of forwarding: time and memory for a day. `python -m scripts.benchmarks.centre.forwarding 20000 40000`.

Uses an embedded PostgreSQL and a folder, both thrown away, the profile scntt-example, and a plate image of 8 kB and a
context image of 60 kB for each transit unless --no-images is given. Memory is the whole process's (VmHWM).
"""

import dataclasses
import resource
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from anpr.contract.image import image_header
from anpr.contract.parsing import sha256_of
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.forward.job import Centre, prepare_job
from anpr.forward.runs import run_day
from anpr.runtime.clock import SystemClock
from anpr.settings import DestinationSettings, DirectoryTarget, Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from scripts.command import Script, finish, log

PAGE = 5000
PICTURES = {ImageRole.PLATE: b"\xff\xd8" + bytes(8_000), ImageRole.CONTEXT: b"\xff\xd8" + bytes(60_000)}


@click.command(cls=Script, help=__doc__)
@click.argument("sizes", type=click.IntRange(1), nargs=-1, required=True)
@click.option("--no-pictures", is_flag=True, help="Transits without images.")
@click.option("--batch-size", type=click.IntRange(1), help="Instead of the profile's.")
def main(sizes: tuple[int, ...], no_pictures: bool, batch_size: int | None) -> None:
    """Measure each size in a database of its own."""
    days = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder, embedded_database(Path(folder) / "postgres") as url:
            migrate(url)
            with Database(url) as database:
                days.append(measure(database, Path(folder), size, batch_size, with_pictures=not no_pictures))
    finish({"days": days})


def measure(
    database: Database, folder: Path, size: int, batch_size: int | None, *, with_pictures: bool
) -> dict[str, object]:
    """Store a day of transits and forward it; the figures."""
    clock = SystemClock()
    day = clock.now().date() - timedelta(days=1)
    images = ImageStore(folder / "images")
    for page in transits(size, day, with_pictures=with_pictures):
        with database.transaction() as conn:
            insert_transits(conn, page, clock.now())
        for transit in page:
            for image in transit.images:
                data = PICTURES[image.role]
                images.put(image_header(transit=transit, role=image.role, data=data), data)
    destination = DestinationSettings(
        id="measure",
        profile="scntt-example",
        target=DirectoryTarget(kind="directory", path=str(folder / "arrived")),
        protocol="measurement",
        protocol_until=day + timedelta(days=2),
    )
    settings = Settings(data_dir=folder, time_zone="UTC")
    centre = Centre(settings=settings, database=database, images=images, clock=clock, stop=threading.Event())
    job = prepare_job(centre, destination)
    if batch_size:
        job = dataclasses.replace(job, profile=job.profile.model_copy(update={"batch_size": batch_size}))
    before, began = peak_mb(), clock.monotonic()
    report = run_day(job, day).days[0]
    seconds = clock.monotonic() - began
    log(
        f"{size} transits: {seconds:.1f} s, {size / seconds:.0f} transits/s, {report.files} files, "
        f"{report.bytes / 1e6:.0f} MB, memory {before:.0f} -> {peak_mb():.0f} MB; {report.outcome}"
    )
    return {
        "transits": size,
        "seconds": round(seconds, 1),
        "per_s": round(size / seconds),
        "files": report.files,
        "mb": round(report.bytes / 1e6),
        "peak_mb": round(peak_mb()),
        "outcome": str(report.outcome),
    }


def transits(size: int, day: date, *, with_pictures: bool) -> Iterator[list[Transit]]:
    """The day's transits in pages."""
    images = tuple(ImageRef(role=r, sha256=sha256_of(d), size=len(d)) for r, d in PICTURES.items())
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for first in range(0, size, PAGE):
        yield [
            transit(n, start + timedelta(seconds=86_399 * n / size), images if with_pictures else ())
            for n in range(first, min(first + PAGE, size))
        ]


def transit(number: int, captured_at: datetime, images: tuple[ImageRef, ...]) -> Transit:
    """Plate number `number`."""
    plate = f"AB{number % 1000:03d}{chr(65 + number // 1000 % 26)}{chr(65 + number // 26000 % 26)}"
    milliseconds = int(captured_at.timestamp() * 1000)
    return Transit(
        id=UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62) | number),
        gate_id=f"gate-{number % 10}",
        camera_id="cam-1",
        reader_id="reader-1",
        captured_at=captured_at,
        first_seen=captured_at,
        last_seen=captured_at,
        plate=plate,
        raw=plate,
        confidence=0.97,
        candidates=(Candidate(text=plate, probability=0.97),),
        reads=7,
        box=Box(x=100.0, y=200.0, w=120.0, h=30.0),
        images=images,
    )


def peak_mb() -> float:
    """The most memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
