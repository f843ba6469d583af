# SPDX-License-Identifier: AGPL-3.0-or-later
"""Batches and images that are sent together: killed in the middle, told of each, and nothing before its turn."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.domain.transit import ImageRole
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from scripts.lab.transits import picture, with_images
from tests.support.forwarding import DAY, Site, transits

IMAGES = {
    "images": [{"role": "context", "how": "file", "max_bytes": 1_000_000, "file_name": "{transit_id}.jpg"}],
    "fields": [
        {"name": "id", "source": "transit.id", "required": True},
        {"name": "photo", "source": "image.context.name"},
    ],
}
KILL = """
import os, signal, sys, threading
from datetime import date
from pathlib import Path
from anpr.forward.runs import run_day
from anpr.store.database.connection import Database
from tests.support.forwarding import Site
from tests.integration.test_forward_together import IMAGES

lock, calls = threading.Lock(), []
real = {"fsync": os.fsync, "replace": Path.replace}

def counted(name):
    def call(*args):
        with lock:
            calls.append(name)
            if calls.count(sys.argv[3]) > int(sys.argv[4]):
                os.kill(os.getpid(), signal.SIGKILL)
        return real[name](*args)
    return call

os.fsync, Path.replace = counted("fsync"), counted("replace")
with Database(sys.argv[1]) as database:
    site = Site(database, Path(sys.argv[2]))
    site.profile = {**IMAGES, "batch_size": 10}
    run_day(site.job(), date(2026, 11, 21))
"""


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    site = Site(database, tmp_path)
    site.profile = {**IMAGES, "batch_size": 10}
    return site


def store(site: Site, count: int) -> dict[str, bytes]:
    """Transits with an image each; the images by the names of their files."""
    expected = {}
    for number, transit in enumerate(transits(count)):
        named, images = with_images(transit, {ImageRole.CONTEXT: picture(number, 3000)})
        site.store([named])
        for role, data in images.items():
            site.store_picture(named, role, data)
            expected[f"{named.id}.jpg"] = data
    return expected


def arrived(site: Site) -> dict[str, bytes]:
    """Under their own names."""
    return {path.name: path.read_bytes() for path in site.arrived.iterdir() if not path.name.startswith(".")}


def told_images(files: dict[str, bytes]) -> list[str]:
    """The images that the records name."""
    records = [data.decode() for name, data in sorted(files.items()) if name.endswith(".csv")]
    return [line.split(";")[1] for text in records for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("call", "after"),
    [
        pytest.param("fsync", 20, id="while images are flushed"),
        pytest.param("replace", 20, id="while images get their names"),
        pytest.param("replace", 32, id="between the records of two batches"),
    ],
)
def test_a_run_killed_among_files_that_go_together(
    site: Site, database_url: str, repository: Path, call: str, after: int
) -> None:
    images = store(site, 30)
    command = [sys.executable, "-c", KILL, database_url, str(site.folder), call, str(after)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == -signal.SIGKILL, done.stderr
    files = arrived(site)
    assert {name: data for name, data in files.items() if name.endswith(".jpg")}.items() <= images.items()
    assert set(told_images(files)) <= files.keys()
    assert site.states() == {"sent": 10, "queued": 20}

    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.error) == (20, None)
    assert site.states() == {"sent": 30}
    files = arrived(site)
    assert sorted(told_images(files)) == sorted(images)
    assert {name: data for name, data in files.items() if name.endswith(".jpg")} == images
    assert len(list(site.arrived.iterdir())) == 33


def test_batches_that_go_together_are_counted_one_by_one(site: Site) -> None:
    """The first goes alone: until then it is not known that the transport takes several."""
    images = store(site, 45)
    report = run_day(site.job(), DAY).days[0]
    assert (report.sent, report.files, report.stored) == (45, 45 + 5, 45)
    assert sorted(told_images(arrived(site))) == sorted(images)
    with site.database.transaction() as conn:
        rows = conn.execute("SELECT number, attempts, sent_at FROM forward_batches ORDER BY number").fetchall()
    assert [(row["number"], row["attempts"], row["sent_at"] is None) for row in rows] == [
        (number, 1, False) for number in range(1, 6)
    ]
    assert {row["batch"] for row in site.ledger_rows()} == {1, 2, 3, 4, 5}
