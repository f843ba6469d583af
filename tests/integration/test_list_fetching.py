# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of lists fetched from folders of real servers, OpenSSH and FTPS: each once, whole or not at all; failures are
told."""

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority, Watchlist
from anpr.ingest.agreement_ends import note_ends
from anpr.listfiles.pickup import Pickup
from anpr.listfiles.places import server_folder
from anpr.listfiles.places.digest import DigestWriter
from anpr.listfiles.places.ftps_place import FtpsFolder
from anpr.listfiles.places.sftp_place import SftpFolder
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import LIST_PLACES_TROUBLED
from anpr.settings import Settings
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
from scripts.lab.certificates import Authority
from scripts.lab.ssh_server import SshServer
from scripts.lab.transits import START
from tests.support.ftps_server import FTP_PASSWORD, FTP_USER, ftps_server

GOOD = "Targa;Motivo\nAB123CD;furto\n"


@dataclass
class Place:
    """A folder of a running server, and the keys by which a list is fetched from it."""

    folder: Path
    keys: dict[str, Any]
    kill: Callable[[], None]


@contextmanager
def ftps_place(folder: Path, refused: tuple[str, ...] = ()) -> Iterator[Place]:
    authority = Authority(folder, "authority")
    (folder / "there").mkdir()
    (folder / "password").write_text(FTP_PASSWORD)
    with ftps_server(folder / "there", authority.issue("centro", "127.0.0.1"), refused) as server:
        keys = {"kind": "ftps", "host": "127.0.0.1", "port": server.port, "user": FTP_USER, "path": "/",
                "secret_file": str(folder / "password"), "ca_file": str(authority.certificate)}  # fmt: skip
        yield Place(folder / "there", {"ftps": keys}, server.kill)


@pytest.fixture(params=["sftp", "ftps", "ftps-names"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """`ftps-names` lists names only, as vsftpd does."""
    if request.param == "sftp":
        server: SshServer = request.getfixturevalue("ssh_server")
        yield Place(server.folder, {"sftp": server.keys}, server.kill)
        return
    with ftps_place(tmp_path, ("MLSD",) if request.param == "ftps-names" else ()) as found:
        yield found


@pytest.fixture
def pickup(database: Database, place: Place, tmp_path: Path) -> Pickup:
    """Looks at the server's folder; the list is there and empty."""
    return pickup_from(database, tmp_path, place.keys)


def make_list(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, Watchlist(id="a1", name="A1", priority=Priority.HIGH, purpose="p", legal_basis="l"))


def pickup_from(database: Database, folder: Path, keys: dict[str, Any]) -> Pickup:
    make_list(database)
    (folder / "in").mkdir()
    one = PickupSettings.model_validate({"folder": folder / "in", "watchlist": "a1", **keys})
    every = WatchlistSettings(pickup=(one,))
    return Pickup(database=database, settings=every, zone=ZoneInfo("Europe/Rome"), clock=ManualClock(START))


def arrive(server: Place, name: str, content: str = GOOD, ago_s: float = 60) -> Path:
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


def test_each_new_file_is_taken_once_and_stays_on_its_server(database: Database, place: Place, pickup: Pickup) -> None:
    first = arrive(place, "elenco.csv")
    assert (pickup.look(), pickup.look()) == (0, 0)
    assert (imports(database), first.exists()) == (["elenco.csv"], True)
    arrive(place, "elenco.csv", "Targa;Motivo\nEF456GH;furto\n", ago_s=30)
    assert pickup.look() == 0
    assert imports(database) == ["elenco.csv", "elenco.csv"], "of the same name, and another one"
    assert plates(database) == ["AB123CD", "EF456GH"]


def test_what_is_not_whole_yet_hidden_or_a_link_is_left(
    database: Database, place: Place, pickup: Pickup, tmp_path: Path
) -> None:
    arrive(place, "adesso.csv", ago_s=1)
    arrive(place, "a-meta.csv.part")
    arrive(place, ".nascosto")
    (tmp_path / "altrove.csv").write_text(GOOD)
    (place.folder / "legame.csv").symlink_to(tmp_path / "altrove.csv")
    assert (pickup.look(), imports(database)) == (0, [])


def test_a_crash_after_a_file_was_written_loses_and_doubles_nothing(
    database: Database, place: Place, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(place, "elenco.csv")

    def crash(*_: object) -> None:
        raise StoreError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(server_folder, "note_taken", crash)
        with pytest.raises(StoreError):
            pickup.look()
    assert pickup.look() == 0
    assert plates(database) == ["AB123CD"]


def cut_by(place: Place, real: Callable[..., bool]) -> Callable[..., bool]:
    def cut(*what: Any) -> bool:
        place.kill()
        return real(*what)

    return cut


def test_a_transfer_that_is_cut_off_leaves_nothing_to_import(
    database: Database, place: Place, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(place, "elenco.csv")
    for kind in (SftpFolder, FtpsFolder):
        monkeypatch.setattr(kind, "copy", cut_by(place, kind.copy))
    assert pickup.look() == 1
    assert (plates(database), imports(database)) == ([], [])
    assert "elenco.csv" in failures(database)[0]
    assert [path.name for path in pickup.settings.pickup[0].folder.iterdir()] == []


def test_a_file_that_changes_while_it_is_read_waits(
    place: Place, pickup: Pickup, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = arrive(place, "elenco.csv")
    real = DigestWriter.write

    def write(writer: DigestWriter, piece: bytes) -> None:
        real(writer, piece)
        os.utime(file, (START.timestamp() - 20,) * 2)

    with monkeypatch.context() as patched:
        patched.setattr(DigestWriter, "write", write)
        assert (pickup.look(), imports(database)) == (0, [])
    assert (pickup.look(), imports(database)) == (0, ["elenco.csv"])


def test_an_ftp_server_with_another_key_than_the_pinned_one_hands_nothing_out(
    database: Database, tmp_path: Path
) -> None:
    with ftps_place(tmp_path) as place:
        arrive(place, "elenco.csv")
        wrong = base64.b64encode(bytes(32)).decode()
        pickup = pickup_from(database, tmp_path, {"ftps": {**place.keys["ftps"], "pins": [wrong]}})
        assert (pickup.look(), imports(database)) == (1, [])
    (failure,) = failures(database)
    assert "none of `pins`" in failure
    assert FTP_PASSWORD not in failure


def test_a_place_that_fails_is_told_until_it_answers_again(database: Database, place: Place, pickup: Pickup) -> None:
    hidden = place.folder.rename(place.folder.with_name("via"))
    assert pickup.look() == 1
    assert failures(database)[0].startswith(tuple(f"{kind}://127.0.0.1:" for kind in ("sftp", "ftps", "127")))
    hidden.rename(place.folder)
    assert pickup.look() == 0
    assert failures(database) == []


def test_the_ledger_forgets_what_its_server_has_had_no_more_for_long(database: Database) -> None:
    make_list(database)
    place, gone, there = "sftp://x", RemoteFile("a", 1, 1), RemoteFile("b", 1, 1)
    with database.transaction() as conn:
        for file in (gone, there):
            note_taken(conn, "a1", place, file, START)
        note_seen(conn, "a1", place, [there], START + REMEMBERED * 2)
        assert taken_files(conn, "a1", place) == {there}


def test_a_place_that_fails_or_is_late_is_counted_told_and_forgotten_when_nobody_names_it(
    database: Database, ingest_database: Database, place: Place, pickup: Pickup
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
        (told,) = troubled_places(conn, clock.now(), 30)
        assert (told.failing_since, told.looked_at) == (None, START)
        assert troubled_places(conn, clock.now(), 3600) == [], "three looks of an hour each"
    place.folder.rename(place.folder.with_name("altrove"))
    assert pickup.look() == 1
    assert counted(clock) == (1, 0)
    with ingest_database.transaction() as conn:
        assert forget_places(conn, START + REMEMBERED) == 0
        assert forget_places(conn, START + REMEMBERED + timedelta(seconds=1)) == 1
    assert counted(clock) == (0, 0)


def test_a_file_that_is_too_large_holds_up_none_that_came_after_it(
    database: Database, place: Place, pickup: Pickup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_folder, "MAX_BYTES", 1 << 10)
    arrive(place, "enorme.csv", GOOD + "\n" * 2_000, ago_s=90)
    arrive(place, "elenco.csv")
    assert pickup.look() == 1
    assert (plates(database), imports(database)) == (["AB123CD"], ["elenco.csv"])
    assert "enorme.csv: larger than" in failures(database)[0], "and it is told at each look"
