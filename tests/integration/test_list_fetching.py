# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of lists fetched by SFTP from a real OpenSSH server: each once, whole or not at all; failures are told."""

import os
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority, Watchlist
from anpr.ingest.agreement_ends import note_ends
from anpr.listfiles.pickup import Pickup
from anpr.listfiles.places import sftp_place
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import LIST_PLACES_TROUBLED
from anpr.settings import Settings, SftpTarget
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.database.connection import Database
from anpr.store.watchlists.entries import list_entries
from anpr.store.watchlists.imports import list_imports
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.places import (
    REMEMBERED,
    RemoteFile,
    forget_places,
    note_seen,
    note_taken,
    taken_files,
    troubled_places,
)
from scripts.lab.ssh_server import SshServer
from scripts.lab.transits import START

GOOD = "Targa;Motivo\nAB123CD;furto\n"


@pytest.fixture
def pickup(database: Database, ssh_server: SshServer, tmp_path: Path) -> Pickup:
    """Looks at the server's folder; the list is there and empty."""
    with database.transaction() as conn:
        save_watchlist(conn, Watchlist(id="a1", name="A1", priority=Priority.HIGH, purpose="p", legal_basis="l"))
    (tmp_path / "in").mkdir()
    target = SftpTarget.model_validate(ssh_server.keys)
    one = PickupSettings(folder=tmp_path / "in", watchlist="a1", sftp=target)
    every = WatchlistSettings(pickup=(one,))
    return Pickup(database=database, settings=every, zone=ZoneInfo("Europe/Rome"), clock=ManualClock(START))


def arrive(server: SshServer, name: str, content: str = GOOD, ago_s: float = 60) -> Path:
    path = server.folder / name
    path.write_text(content)
    at = START.timestamp() - ago_s
    os.utime(path, (at, at))
    return path


def plates(database: Database) -> list[str]:
    with database.transaction() as conn:
        return sorted(entry.plate for entry in list_entries(conn, "a1"))


def imports(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [each.origin.file_name for each in list_imports(conn, "a1")]


def failures(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [each.failure for each in troubled_places(conn, START, 30)]


def test_each_new_file_is_taken_once_and_stays_on_its_server(
    database: Database, ssh_server: SshServer, pickup: Pickup
) -> None:
    first = arrive(ssh_server, "elenco.csv")
    assert (pickup.look(), pickup.look()) == (0, 0)
    assert (imports(database), first.exists()) == (["elenco.csv"], True)
    arrive(ssh_server, "elenco.csv", "Targa;Motivo\nEF456GH;furto\n", ago_s=30)
    assert pickup.look() == 0
    assert imports(database) == ["elenco.csv", "elenco.csv"], "of the same name, and another one"
    assert plates(database) == ["AB123CD", "EF456GH"]


def test_what_is_not_whole_yet_hidden_or_a_link_is_left(
    database: Database, ssh_server: SshServer, pickup: Pickup, tmp_path: Path
) -> None:
    arrive(ssh_server, "adesso.csv", ago_s=1)
    arrive(ssh_server, "a-meta.csv.part")
    arrive(ssh_server, ".nascosto")
    (tmp_path / "altrove.csv").write_text(GOOD)
    (ssh_server.folder / "legame.csv").symlink_to(tmp_path / "altrove.csv")
    assert (pickup.look(), imports(database)) == (0, [])


def test_a_crash_after_a_file_was_written_loses_and_doubles_nothing(
    database: Database, ssh_server: SshServer, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(ssh_server, "elenco.csv")

    def crash(*_: object) -> None:
        raise StoreError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(sftp_place, "note_taken", crash)
        with pytest.raises(StoreError):
            pickup.look()
    assert pickup.look() == 0
    assert plates(database) == ["AB123CD"]


def test_a_transfer_that_is_cut_off_leaves_nothing_to_import(
    database: Database, ssh_server: SshServer, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(ssh_server, "elenco.csv")
    real = sftp_place._copy

    async def cut(*what: object) -> bool:
        ssh_server.kill()
        return await real(*what)  # type: ignore[arg-type]

    monkeypatch.setattr(sftp_place, "_copy", cut)
    assert pickup.look() == 1
    assert (plates(database), imports(database)) == ([], [])
    assert "elenco.csv" in failures(database)[0]


def test_a_place_that_fails_is_told_until_it_answers_again(
    database: Database, ssh_server: SshServer, pickup: Pickup
) -> None:
    hidden = ssh_server.folder.rename(ssh_server.folder.with_name("via"))
    assert pickup.look() == 1
    assert "no such folder" in failures(database)[0]
    hidden.rename(ssh_server.folder)
    assert pickup.look() == 0
    assert failures(database) == []


def test_the_ledger_forgets_what_its_server_has_had_no_more_for_long(database: Database, pickup: Pickup) -> None:
    assert pickup.settings.pickup[0].sftp
    place, gone, there = "sftp://x", RemoteFile("a", 1, 1), RemoteFile("b", 1, 1)
    with database.transaction() as conn:
        for file in (gone, there):
            note_taken(conn, "a1", place, file, START)
        note_seen(conn, "a1", place, [there], START + REMEMBERED * 2)
        assert taken_files(conn, "a1", place) == {there}


def test_a_place_that_fails_or_is_late_is_counted_told_and_forgotten_when_nobody_names_it(
    database: Database, ingest_database: Database, ssh_server: SshServer, pickup: Pickup
) -> None:
    def counted(clock: ManualClock) -> tuple[float, float]:
        note_ends(ingest_database, Settings(), clock)
        return tuple(LIST_PLACES_TROUBLED.labels(why)._value.get() for why in ("failing", "late"))

    clock = ManualClock(START)
    assert pickup.look() == 0
    clock.advance(3600)
    assert counted(clock) == (0, 0)
    clock.advance(1)
    assert counted(clock) == (0, 1), "nobody has looked for an hour"
    with database.transaction() as conn:
        (place,) = troubled_places(conn, clock.now(), 30)
        assert (place.failing_since, place.looked_at) == (None, START)
        assert troubled_places(conn, clock.now(), 3600) == [], "three looks of an hour each"
    ssh_server.folder.rename(ssh_server.folder.with_name("altrove"))
    assert pickup.look() == 1
    assert counted(clock) == (1, 0)
    with ingest_database.transaction() as conn:
        assert forget_places(conn, START + REMEMBERED) == 0
        assert forget_places(conn, START + REMEMBERED + timedelta(seconds=1)) == 1
    assert counted(clock) == (0, 0)


def test_a_file_that_is_too_large_holds_up_none_that_came_after_it(
    database: Database, ssh_server: SshServer, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sftp_place, "MAX_BYTES", 1 << 10)
    arrive(ssh_server, "enorme.csv", GOOD + "\n" * 2_000, ago_s=90)
    arrive(ssh_server, "elenco.csv")
    assert pickup.look() == 1
    assert (plates(database), imports(database)) == (["AB123CD"], ["elenco.csv"])
    assert "enorme.csv: larger than" in failures(database)[0], "and it is told at each look"
