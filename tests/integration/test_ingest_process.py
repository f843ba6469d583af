# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr ingest` as a process: from a reader's outbox into the database, stopped in order and killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anpr.domain.transit import ImageRole
from anpr.runtime.clock import SystemClock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.gates import list_gates
from anpr.store.images.image_store import ImageStore
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.outbox import Outbox
from scripts.lab.transits import make_recent, picture, plate_of, with_images
from tests.integration.test_ingest import WATCHLIST, count
from tests.support.waiting import eventually

DEADLINE_S = 240.0
MB = 1024 * 1024


class Site:
    """A folder with an outbox, and a database."""

    def __init__(self, folder: Path, url: str) -> None:
        self.settings = Settings(data_dir=folder)
        self.environment = {**os.environ, "DATABASE_URL": url, "ANPR_DATA_DIR": str(folder)}
        for name in ("KAFKA_BOOTSTRAP", "ANPR_CONFIG"):
            self.environment.pop(name, None)

    @contextmanager
    def outbox(self) -> Iterator[Outbox]:
        with Outbox(self.settings.outbox_path, 256 * MB, SystemClock()) as outbox:
            yield outbox

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "anpr", "ingest", "--json", *arguments]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Site:
    return Site(tmp_path, database_url)


def put(outbox: Outbox, numbers: Sequence[int]) -> None:
    for number in numbers:
        content = {ImageRole.PLATE: picture(number, 3_000), ImageRole.CONTEXT: picture(-number, 20_000)}
        outbox.put_transit(*with_images(make_recent(number), content))


def waiting(outbox: Outbox) -> int:
    return sum(each.records for each in outbox.counts().values())


def wait_until_empty(outbox: Outbox, process: subprocess.Popen[str]) -> None:
    def is_empty() -> bool:
        assert process.poll() is None, process.communicate()
        return not waiting(outbox)

    eventually(is_empty, seen=lambda: f"{waiting(outbox)} records still wait")


def end(process: subprocess.Popen[str], sign: signal.Signals = signal.SIGTERM) -> tuple[Mapping[str, Any], str]:
    """Its last line and what it logged; it must have ended well."""
    process.send_signal(sign)
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return json.loads(out.splitlines()[-1]), err


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_from_the_outbox_to_the_database_and_stopped_by_a_signal(
    site: Site, database: Database, sign: signal.Signals
) -> None:
    with site.outbox() as outbox:
        put(outbox, range(10))
        process = site.start()
        wait_until_empty(outbox, process)
    summary, _ = end(process, sign)
    assert (summary["transits"], summary["images"], summary["poison"]) == (10, 20, 0)
    assert (count(database, "transits"), count(database, "images")) == (10, 20)
    content = {ImageRole.PLATE: picture(4, 3_000), ImageRole.CONTEXT: picture(-4, 20_000)}
    transit, _ = with_images(make_recent(4), content)
    stored = ImageStore(site.settings.images_dir).find(transit, ImageRole.CONTEXT)
    assert stored == picture(-4, 20_000)


def test_it_ends_by_itself_after_the_time_it_was_given(site: Site) -> None:
    process = site.start("--for", "1s")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["transits"] == 0


def test_it_tells_the_centre_of_the_gates_in_its_settings(site: Site, database: Database, tmp_path: Path) -> None:
    gate = {"id": "gate-7", "name": "Porta Est", "purpose": "p", "legal_basis": "b", "latitude": 45.0, "longitude": 9.0}
    gate["cameras"] = [{"id": "cam-7", "url": "rtsp://10.0.0.7/1"}]
    config = tmp_path / "site.yaml"
    config.write_text(json.dumps({"gates": [gate]}))
    site.environment["ANPR_CONFIG"] = str(config)
    _, err = site.start("--for", "1s").communicate(timeout=DEADLINE_S)
    with database.transaction() as conn:
        (stored,) = list_gates(conn)
    assert (stored.id, stored.name) == ("gate-7", "Porta Est"), err


def test_killed_again_and_again_it_loses_and_doubles_nothing(site: Site, database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        listed = [NewEntry(plate=plate_of(number), reason="test") for number in range(0, 150, 10)]
        import_entries(conn, WATCHLIST.id, listed)
    with site.outbox() as outbox:
        for first in (0, 50, 100):
            put(outbox, range(first, first + 40))
            process = site.start()
            kill_when_stored(process, database, first + 1)
            put(outbox, range(first + 40, first + 50))
        process = site.start()
        wait_until_empty(outbox, process)
    end(process)
    counts = {table: count(database, table) for table in ("transits", "images", "alarms", "dead_letters")}
    assert counts == {"transits": 150, "images": 300, "alarms": 15, "dead_letters": 0}
    assert len(list(site.settings.images_dir.rglob("*.jpg"))) == 300


def kill_when_stored(process: subprocess.Popen[str], database: Database, transits: int) -> None:
    """SIGKILL in the midst of its work: as soon as so many transits are visible, pictures are not yet."""

    def are_stored() -> bool:
        assert process.poll() is None, process.communicate()
        return count(database, "transits") >= transits

    eventually(are_stored, every_s=0.005)
    process.kill()
    process.communicate()


def test_a_database_without_the_schema_is_a_clear_error(tmp_path: Path, empty_database_url: str) -> None:
    process = Site(tmp_path, empty_database_url).start("--for", "5s")
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    assert "anpr db migrate" in err
    assert "Traceback" not in err
    assert out == ""


def test_an_outbox_that_is_no_outbox_is_a_clear_error(site: Site) -> None:
    site.settings.data_dir.mkdir(exist_ok=True)
    site.settings.outbox_path.write_text("not an outbox at all\n" * 500)
    process = site.start("--for", "20s")
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 1
    assert str(site.settings.outbox_path) in err
    assert "Traceback" not in err
