# SPDX-License-Identifier: AGPL-3.0-or-later
"""A day of transits to forward, stored in a database of its own, and a destination for it."""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from anpr.contract.image import image_header
from anpr.contract.parsing import sha256_of
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.forward.job import Centre, Job, prepare_job
from anpr.settings import DestinationSettings, Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from scripts.benchmarks.common import CLOCK

PAGE = 5000
DAY = CLOCK.now().date() - timedelta(days=1)
PICTURES: Mapping[ImageRole, bytes] = {
    ImageRole.PLATE: b"\xff\xd8" + bytes(8_000),
    ImageRole.CONTEXT: b"\xff\xd8" + bytes(60_000),
}
"""8 kB and 60 kB."""


@contextmanager
def stored_day(folder: Path | None, size: int, *, with_pictures: bool) -> Iterator[tuple[Path, Database]]:
    """A temporary folder, below the given one, and in it a database with DAY; images are in `images`."""
    with tempfile.TemporaryDirectory(dir=folder) as name, embedded_database(Path(name) / "postgres") as url:
        migrate(url)
        images = ImageStore(Path(name) / "images")
        with Database(url) as database:
            for page in transits(size, with_pictures=with_pictures):
                with database.transaction() as conn:
                    insert_transits(conn, page, CLOCK.now())
                    conn.execute("ANALYZE transits" if page[-1].id.int & 0xFFFF_FFFF == size - 1 else "SELECT 1")
                headers = [(image_header(transit=t, role=r, data=d), d) for t in page for r, d in _pictures_of(t)]
                for first in range(0, len(headers), 200):
                    images.put_all(headers[first : first + 200])
            yield Path(name), database


def _pictures_of(transit: Transit) -> list[tuple[ImageRole, bytes]]:
    return [(image.role, PICTURES[image.role]) for image in transit.images]


def job_to(target: Mapping[str, Any], profile: Path, folder: Path, database: Database) -> Job:
    """A destination with this target and profile."""
    destination = DestinationSettings.model_validate(
        {
            "id": "measure",
            "profile": str(profile),
            "target": dict(target),
            "protocol": "measurement",
            "protocol_until": DAY + timedelta(days=30),
        }
    )
    settings = Settings(data_dir=folder, time_zone="UTC")
    images = ImageStore(folder / "images")
    centre = Centre(settings=settings, database=database, images=images, clock=CLOCK, stop=threading.Event())
    return prepare_job(centre, destination)


def transits(size: int, *, with_pictures: bool, day: date = DAY) -> Iterator[list[Transit]]:
    """The day's transits in pages, oldest first."""
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
