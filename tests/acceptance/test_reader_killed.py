# SPDX-License-Identifier: AGPL-3.0-or-later
"""A reader killed with SIGKILL again and again, while it writes and publishes, loses nothing and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
import yaml

from anpr.ingest.run import run_ingest
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.transport.kafka import KafkaPublisher, create_topics
from anpr.transport.pump import Pump
from anpr.transport.spool import Spool
from tests.support.traffic import draw_traffic
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(1200)

CAMERAS = 3
KILLS = 6
DEADLINE_S = 240.0
CLOCK = SystemClock()


class Site:
    """A reader with three cameras, a centre's database, and what the reader said its outbox accepted."""

    def __init__(self, folder: Path, repository: Path, kafka: Mapping[str, object]) -> None:
        self._folder = folder
        self._repository = repository
        for camera in range(CAMERAS):
            draw_traffic(folder / f"film-{camera}", vehicles=20, rounds=6)
        values = {
            "data_dir": str(folder),
            "kafka": dict(kafka),
            "gates": [self._gate(camera) for camera in range(CAMERAS)],
            "reader": {"assemble": {"reentry_s": 0}},
        }
        self.settings = Settings.model_validate(values)
        (folder / "site.yaml").write_text(yaml.safe_dump(values))
        self.accepted: list[UUID] = []

    def _gate(self, camera: int) -> dict[str, object]:
        source = {"id": f"cam-{camera}", "url": str(self._folder / f"film-{camera}")}
        return {"id": f"gate-{camera}", "name": "x", "purpose": "test", "legal_basis": "none", "cameras": [source]}

    def run_until(self, accepted: int) -> bool:
        """Start a reader and kill it the moment it has accepted so many; false when its films were over before."""
        environment = {**os.environ, "ANPR_CONFIG": str(self._folder / "site.yaml")}
        for name in ("KAFKA_BOOTSTRAP", "DATABASE_URL"):
            environment.pop(name, None)
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.scripted_reader", "reader"],
            cwd=self._repository,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            assert process.stdout is not None
            for number, line in enumerate(process.stdout, start=1):
                self.accepted.append(UUID(line.decode().strip()))
                if number == accepted:
                    process.send_signal(signal.SIGKILL)
        finally:
            process.kill()
            _, errors = process.communicate(timeout=DEADLINE_S)
        assert process.returncode in {0, -signal.SIGKILL}, errors.decode()
        return process.returncode != 0

    def drained(self) -> Iterator[int]:
        """How many records the outbox still holds, until it holds none."""
        never = threading.Event()
        deadline = CLOCK.monotonic() + DEADLINE_S
        with closing(Spool(self.settings.outbox_path)) as spool:
            while waiting := sum(count.records for count in spool.counts().values()):
                assert CLOCK.monotonic() < deadline, f"{waiting} records still wait"
                yield waiting
                CLOCK.wait(never, 0.05)


@contextmanager
def ingesting(site: Site, database: Database) -> Iterator[None]:
    """Ingest runs beside it, as on one machine or at the centre."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run_ingest, site.settings, database, CLOCK, stop)
        try:
            yield
        finally:
            stop.set()
        running.result(DEADLINE_S)


def kill_again_and_again(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    kills = sum(site.run_until(chance.randint(1, 60)) for _ in range(KILLS))
    assert kills >= KILLS - 1
    assert len(site.accepted) >= KILLS


def stored(database: Database) -> tuple[list[UUID], dict[UUID, set[str]]]:
    """The ids of all stored transits, and the roles of the pictures of each."""
    with database.transaction() as conn:
        ids = [row["id"] for row in conn.execute("SELECT id FROM transits").fetchall()]
        pictures: dict[UUID, set[str]] = {}
        for row in conn.execute("SELECT transit_id, role FROM images").fetchall():
            pictures.setdefault(row["transit_id"], set()).add(row["role"])
    return ids, pictures


def check_nothing_lost_nothing_doubled(site: Site, database: Database) -> None:
    ids, pictures = stored(database)
    assert len(ids) == len(set(ids))
    assert set(site.accepted) <= set(ids)
    # Killed between the commit and the line that tells of it: kept, and rightly delivered.
    assert len(set(ids) - set(site.accepted)) <= CAMERAS * KILLS
    assert all(pictures.get(transit) == {"plate", "context"} for transit in ids)


def test_direct(tmp_path: Path, repository: Path, database: Database) -> None:
    site = Site(tmp_path, repository, {})
    with ingesting(site, database):
        kill_again_and_again(site, seed=1)
        for _ in site.drained():
            pass
    check_nothing_lost_nothing_doubled(site, database)


@pytest.mark.kafka
def test_over_kafka(tmp_path: Path, repository: Path, database: Database, kafka_bootstrap: str) -> None:
    kafka = {"bootstrap": kafka_bootstrap, "topic_prefix": f"{uuid.uuid4().hex}.", "group": uuid.uuid4().hex}
    site = Site(tmp_path, repository, kafka | {"partitions": 3})
    create_topics(site.settings.kafka)
    with ingesting(site, database):
        kill_again_and_again(site, seed=2)
        publish_the_rest(site)
        wait_until_stored(site, database)
    check_nothing_lost_nothing_doubled(site, database)


def publish_the_rest(site: Site) -> None:
    """As the next reader would."""
    with closing(Spool(site.settings.outbox_path)) as spool, closing(KafkaPublisher(site.settings.kafka)) as publisher:
        pump = Pump(spool, publisher, CLOCK)
        while pump.step():
            pass


def wait_until_stored(site: Site, database: Database) -> None:
    def everything_is_there() -> bool:
        ids, images = stored(database)
        return set(site.accepted) <= set(ids) and all(len(images.get(transit, ())) == 2 for transit in ids)

    eventually(everything_is_there, seen=lambda: f"{len(stored(database)[0])} of {len(site.accepted)} transits")
