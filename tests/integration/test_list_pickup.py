# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folders in which files of lists arrive, against a real PostgreSQL and as a process."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles import pickup as pickup_module
from anpr.listfiles.pickup import Pickup
from anpr.listfiles.proposing import approve
from anpr.listfiles.receiving import ACTOR
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.watchlists.cards import change_list
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.lists import get_watchlist, save_watchlist
from anpr.store.watchlists.proposals import list_proposals
from scripts.lab.transits import START
from tests.support.waiting import eventually

GOOD = "Targa;Motivo\nAB123CD;furto\nZZ999ZZ;furto\n"


@pytest.fixture
def folder(database: Database, tmp_path: Path) -> Path:
    """Where files arrive; the list is there and empty."""
    with database.transaction() as conn:
        save_watchlist(conn, Watchlist(id="a1", name="A1", priority=Priority.HIGH, purpose="p", legal_basis="l"))
    path = tmp_path / "in"
    path.mkdir()
    return path


def _pickup(database: Database, folder: Path, clock: ManualClock | None = None, **settings: Any) -> Pickup:
    one = PickupSettings(folder=folder, watchlist=settings.pop("watchlist", "a1"), source="Questura", **settings)
    every = WatchlistSettings(pickup=(one,))
    return Pickup(database=database, settings=every, zone=ZoneInfo("Europe/Rome"), clock=clock or ManualClock(START))


def _arrive(folder: Path, content: str, name: str = "rubati.csv", ago_s: float = 60) -> Path:
    path = folder / name
    path.write_bytes(content.encode("cp1252"))
    at = START.timestamp() - ago_s
    os.utime(path, (at, at))
    return path


def _plates(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, "a1")]


def _last_event(database: Database) -> AuditEvent:
    with database.transaction() as conn:
        return list_audit(conn)[0].event


def _counted(result: str) -> float:
    return REGISTRY.get_sample_value("anpr_list_files_total", {"watchlist": "a1", "result": result}) or 0.0


def test_a_file_that_arrives_is_imported_and_put_away(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD)
    before = _counted("imported")
    assert _pickup(database, folder).look() == 0
    assert _plates(database) == ["AB123CD", "ZZ999ZZ"]
    assert sorted(path.name for path in folder.iterdir()) == ["done", "failed"]
    assert [path.name[-11:] for path in (folder / "done").iterdir()] == ["-rubati.csv"]
    event = _last_event(database)
    assert (event.actor, event.action, event.detail["source"]) == (ACTOR, AuditAction.WATCHLIST_IMPORTED, "Questura")
    assert _counted("imported") == before + 1


def test_a_file_that_is_still_written_waits(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD, ago_s=3)
    for name in (".rubati.csv", "rubati.csv.part", "rubati.csv.FILEPART"):
        _arrive(folder, GOOD, name)
    (folder / "link.csv").symlink_to(_arrive(folder, GOOD, ".hidden"))
    clock = ManualClock(START)
    pickup = _pickup(database, folder, clock)
    assert (pickup.look(), _plates(database), len(list(folder.iterdir()))) == (0, [], 6)
    clock.advance(8)
    assert (pickup.look(), _plates(database)) == (0, ["AB123CD", "ZZ999ZZ"])
    assert len(list(folder.iterdir())) == 7, "five files that wait, and the two folders"


def test_a_file_that_changes_while_it_is_read_waits(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _arrive(folder, GOOD)

    def read_bytes(_: Path) -> bytes:
        content = path.read_bytes()
        path.write_text(GOOD + "CD123AB;x\n")
        return content

    monkeypatch.setattr(pickup_module, "read_bytes", read_bytes)
    assert (_pickup(database, folder).look(), _plates(database)) == (0, [])
    assert path.exists()


def test_a_file_with_a_wrong_row_fails_with_its_reasons_beside_it(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD + "AB%;x\n")
    before = _counted("failed")
    assert _pickup(database, folder).look() == 1
    assert _plates(database) == []
    names = sorted(path.name.partition("-rubati.csv")[2] for path in (folder / "failed").iterdir())
    assert names == ["", ".rejects.csv", ".why.txt"]
    [why] = (folder / "failed").glob("*.why.txt")
    assert "1 of 3 rows are wrong, the first: row 4: Targa" in why.read_text(encoding="utf-8")
    event = _last_event(database)
    assert (event.action, event.detail["rejected"]) == (AuditAction.WATCHLIST_IMPORT_REFUSED, 1)
    assert "AB123CD" not in json.dumps([event.reason, dict(event.detail)])
    assert _counted("failed") == before + 1
    assert _pickup(database, folder).look() == 0, "it is not tried again"


def test_good_rows_go_in_where_that_is_set(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD + "AB%;x\n")
    assert _pickup(database, folder, skip_rejected=True).look() == 0
    assert (_plates(database), _last_event(database).detail["rejected"]) == (["AB123CD", "ZZ999ZZ"], 1)


def test_a_replacing_file_that_takes_off_too_much_waits_for_a_person(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD, "1.csv", ago_s=90)
    _arrive(folder, "Targa;Motivo\nAB123CD;furto\n", "2.csv", ago_s=60)
    assert _pickup(database, folder, mode="replace").look() == 0
    assert _plates(database) == ["AB123CD", "ZZ999ZZ"]
    event = _last_event(database)
    assert (event.action, event.detail["removed"]) == (AuditAction.WATCHLIST_PROPOSED, 1)
    assert "would take off 1 of 2 entries" in (event.reason or "")
    approve(database, "a1", event.detail["proposal"], Author(name="anna", at=START), ZoneInfo("Europe/Rome"))
    assert _plates(database) == ["AB123CD"]


def test_a_file_for_a_list_that_demands_a_second_person_waits_once(database: Database, folder: Path) -> None:
    with database.transaction() as conn:
        change_list(conn, replace(get_watchlist(conn, "a1"), second_person=True), Author(name="anna", at=START), "due")
    for name in ("1.csv", "2.csv"):
        _arrive(folder, GOOD, name)
        assert _pickup(database, folder).look() == 0
    with database.transaction() as conn:
        assert [each.made_by for each in list_proposals(conn, "a1")] == [ACTOR]
    assert _plates(database) == []


def test_a_folder_that_is_not_there_holds_up_no_other(database: Database, folder: Path, tmp_path: Path) -> None:
    _arrive(folder, GOOD)
    pickup = _pickup(database, folder)
    lost = PickupSettings(folder=tmp_path / "lost", watchlist="a1")
    both = WatchlistSettings(pickup=(lost, *pickup.settings.pickup))
    assert replace(pickup, settings=both).look() == 1
    assert len(_plates(database)) == 2


def test_a_list_that_is_not_there_fails(database: Database, folder: Path) -> None:
    _arrive(folder, GOOD)
    assert _pickup(database, folder, watchlist="zz").look() == 1
    assert "watchlist zz: no such list" in (_last_event(database).reason or "")


def test_a_file_stays_while_the_database_is_away(folder: Path, database: Database) -> None:
    path = _arrive(folder, GOOD)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE list_imports RENAME TO gone")
    with pytest.raises(StoreError):
        _pickup(database, folder).look()
    assert path.exists()
    with database.transaction() as conn:
        conn.execute("ALTER TABLE gone RENAME TO list_imports")
    assert (_pickup(database, folder).look(), _plates(database)) == (0, ["AB123CD", "ZZ999ZZ"])


def test_files_that_were_put_away_go_after_their_days(database: Database, folder: Path) -> None:
    clock = ManualClock(START)
    _arrive(folder, GOOD)
    pickup = _pickup(database, folder, clock)
    pickup.look()
    clock.advance(timedelta(days=6).total_seconds())
    pickup.look()
    assert len(list((folder / "done").iterdir())) == 1
    clock.advance(timedelta(days=2).total_seconds())
    pickup.look()
    assert list((folder / "done").iterdir()) == []


def test_the_process_imports_what_arrives_until_it_is_stopped(
    database: Database, database_url: str, folder: Path, tmp_path: Path
) -> None:
    settings = {"watchlists": {"pickup": [{"folder": str(folder), "watchlist": "a1"}], "pickup_every_s": 1,
                               "pickup_settle_s": 1}, "data_dir": str(tmp_path)}  # fmt: skip
    (tmp_path / "site.yaml").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "anpr", "--config", str(tmp_path / "site.yaml"), "watchlist", "pickup"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    _arrive(folder, GOOD)
    once = subprocess.run([*command, "--once"], env=environment, timeout=120, check=False, capture_output=True)
    assert once.returncode == 0, once.stderr
    assert len(_plates(database)) == 2
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        _arrive(folder, "Targa;Motivo\nCD123AB;furto\n")
        eventually(lambda: len(_plates(database)) == 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
