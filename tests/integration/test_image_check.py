# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr images check` over a real PostgreSQL and a shelf: what is wrong is found, and nothing else is."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.contract.image import image_header
from anpr.domain.errors import StoreError
from anpr.domain.transit import ImageRole, Transit
from anpr.runtime.clock import ManualClock
from anpr.settings import Settings
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.database.connection import Database
from anpr.store.database.partitions import drop_partitions
from anpr.store.images import check
from anpr.store.images.check import Fault, GateReport, ImageCheck
from anpr.store.images.files import LocalShelf, Shelf, Stored, open_shelf
from anpr.store.images.image_store import ImageStore, header_key, keep_orphans, record_image
from anpr.store.images.orphans import remove_orphans
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.contract.test_shelf import s3_settings
from tests.support.waiting import eventually

NOW = START + timedelta(days=2)
DAY = START.date()


@pytest.fixture
def shelf(tmp_path: Path) -> LocalShelf:
    return LocalShelf(tmp_path / "images")


def put(shelf: Shelf, transit: Transit, data: bytes, *, days_ago: float = 2) -> str:
    """A picture without a row."""
    key = ImageStore(shelf).put(image_header(transit=transit, role=ImageRole.PLATE, data=data), data)
    if isinstance(shelf, LocalShelf):
        age(shelf, key, days_ago)
    return key


def age(shelf: LocalShelf, key: str, days: float) -> None:
    moment = (NOW - timedelta(days=days)).timestamp()
    os.utime(path_of(shelf, key), (moment, moment))


def path_of(shelf: LocalShelf, key: str) -> Path:
    return shelf._folder / key


def note(database: Database, transit: Transit, data: bytes) -> str:
    """A row, whether or not there is a picture, and the transit that names it."""
    header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
    named, _ = with_images(transit, {ImageRole.PLATE: data})
    with database.transaction() as conn:
        insert_transits(conn, [named], NOW)
        record_image(conn, header, len(data))
    return header_key(header)


def store(database: Database, shelf: Shelf, number: int, **changes: object) -> str:
    """A picture with its row."""
    transit, data = make_transit(number, **changes), picture(number, 300)
    put(shelf, transit, data)
    return note(database, transit, data)


def checked(database: Database, shelf: Shelf, now: datetime = NOW, **options: bool) -> list[GateReport]:
    return list(ImageCheck(database=database, shelf=shelf, clock=ManualClock(now), **options).run())


def faults(report: GateReport) -> dict[Fault, list[str]]:
    return {fault: keys for fault, keys in report.faults.items() if keys}


def events(database: Database) -> list[AuditEvent]:
    """Oldest first."""
    with database.transaction() as conn:
        return [row.event for row in reversed(list_audit(conn))]


def test_pictures_as_they_should_be_are_no_fault(database: Database, shelf: LocalShelf) -> None:
    for number in range(3):
        store(database, shelf, number)
    store(database, shelf, 3, gate_id="b.1-x")
    store(database, shelf, 4, captured_at=START + timedelta(days=1))
    reports = checked(database, shelf)
    assert [(r.day, r.folder, r.rows, r.files, r.is_well) for r in reports] == [
        (DAY, "b.1-x", 1, 1, True),
        (DAY, "gate-1", 3, 3, True),
        (DAY + timedelta(days=1), "gate-1", 1, 1, True),
    ]


def test_each_kind_of_fault_is_found_where_it_is(
    database: Database, shelf: LocalShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr.store.images.rows.PAGE", 2)  # so that pages end between them
    keys = [store(database, shelf, number) for number in range(7)]
    path_of(shelf, keys[1]).unlink()
    damaged = bytearray(path_of(shelf, keys[2]).read_bytes())
    damaged[150] ^= 1
    path_of(shelf, keys[2]).write_bytes(damaged)
    path_of(shelf, keys[3]).write_bytes(b"short")
    path_of(shelf, keys[4]).unlink()
    path_of(shelf, keys[4]).mkdir()
    orphan = put(shelf, make_transit(50), picture(50, 300))
    part = path_of(shelf, keys[0]).with_name(".left.part")
    part.write_bytes(b"from a crash")
    age(shelf, f"{DAY}/gate-1/.left.part", 3)
    put(shelf, make_transit(51), picture(51, 300), days_ago=0.9)
    elsewhere = note(database, make_transit(60, gate_id="gate-2"), picture(60, 300))
    first, second = checked(database, shelf)
    assert faults(first) == {
        Fault.ORPHAN: [f"{DAY}/gate-1/.left.part", orphan],
        Fault.MISSING: [keys[1]],
        Fault.DIFFERENT: [keys[2], keys[3]],
        Fault.UNREADABLE: [keys[4]],
    }
    assert (first.rows, first.young) == (7, 1)
    assert (second.folder, second.files, faults(second)) == ("gate-2", 0, {Fault.MISSING: [elsewhere]})
    by_size = checked(database, shelf, sizes_only=True)[0]
    assert by_size.faults[Fault.DIFFERENT] == [keys[3]], "the other one has its size"
    assert by_size.faults[Fault.MISSING] == [keys[1]]


def test_a_picture_that_its_transit_does_not_name_is_a_fault_whatever_its_row_says(
    database: Database, shelf: LocalShelf
) -> None:
    key = store(database, shelf, 1)
    forged, alone = picture(99, 300), picture(98, 300)
    keys = []
    with database.transaction() as conn:
        for transit, data in ((make_transit(1), forged), (make_transit(2), alone)):  # 2: a transit that nobody sent
            header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
            keys.append(put(shelf, transit, data))
            record_image(conn, header, len(data))
    (report,) = checked(database, shelf)
    assert faults(report) == {Fault.UNANNOUNCED: keys}
    assert key not in keys
    (soon,) = checked(database, shelf, now=START + timedelta(hours=1))
    assert soon.faults[Fault.UNANNOUNCED] == keys[:1], "the transit of the other one may come yet"


def test_the_days_asked_for_are_looked_at_and_no_other(database: Database, shelf: LocalShelf) -> None:
    put(shelf, make_transit(1), picture(1, 300))
    other = DAY + timedelta(days=1)
    looking = ImageCheck(database=database, shelf=shelf, clock=ManualClock(NOW))
    assert list(looking.run([other])) == []
    assert [report.day for report in looking.run([other, DAY])] == [DAY]


class WhileListing(LocalShelf):
    """Something else happens right after a folder was listed."""

    def __init__(self, root: Path, then: Callable[[], object]) -> None:
        super().__init__(root)
        self._then = then

    def files(self, day: date, gate: str) -> Iterator[Stored]:
        yield from list(super().files(day, gate))
        self._then()


def test_a_picture_that_comes_between_the_two_looks_is_no_fault(database: Database, shelf: LocalShelf) -> None:
    store(database, shelf, 1)
    late = WhileListing(shelf._folder, lambda: store(database, shelf, 2))
    (report,) = checked(database, late)
    assert (report.files, report.rows, report.is_well) == (1, 2, True)


def test_a_day_that_retention_drops_meanwhile_is_no_fault(database: Database, shelf: LocalShelf) -> None:
    store(database, shelf, 1)

    def drop() -> None:
        drop_partitions(database, DAY + timedelta(days=1))
        shelf.drop_day(DAY)

    assert checked(database, WhileListing(shelf._folder, drop)) == []


def test_a_shelf_that_reads_nothing_is_an_error_and_not_a_list_of_faults(
    database: Database, shelf: LocalShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        store(database, shelf, number)
    monkeypatch.setattr("anpr.store.images.rows.PAGE", 4)
    monkeypatch.setattr(check, "PAGE", 4)

    def fail(_: Shelf, key: str) -> bytes:
        raise StoreError(f"picture {key}: Input/output error")

    monkeypatch.setattr(Shelf, "read", fail)
    with pytest.raises(StoreError, match="Input/output error"):
        checked(database, shelf)


def test_orphans_are_removed_after_asking_again_and_it_is_recorded(database: Database, shelf: LocalShelf) -> None:
    kept = store(database, shelf, 1)
    gone = put(shelf, make_transit(2), picture(2, 300))
    claimed = put(shelf, make_transit(3), picture(3, 300))
    young = put(shelf, make_transit(4), picture(4, 300), days_ago=0.5)
    (report,) = checked(database, shelf)
    assert report.faults[Fault.ORPHAN] == [gone, claimed]
    note(database, make_transit(3), picture(3, 300))  # ingest came back and stored it after all
    assert remove_orphans(database, shelf, report, "os:anna", ManualClock(NOW)) == 1
    assert {key for key in (kept, gone, claimed, young) if path_of(shelf, key).exists()} == {kept, claimed, young}
    place = {"day": DAY.isoformat(), "gate": "gate-1"}
    assert [(e.actor, e.action, e.detail) for e in events(database)] == [
        ("os:anna", AuditAction.DATA_DELETED, {"phase": "begun", "orphans": 2, **place}),
        ("os:anna", AuditAction.DATA_DELETED, {"phase": "ended", "orphans": 1, **place}),
    ]
    assert checked(database, shelf)[0].is_well


def test_who_is_putting_a_picture_is_waited_for(database: Database, shelf: LocalShelf) -> None:
    put(shelf, make_transit(2), picture(2, 300))
    (report,) = checked(database, shelf)
    removed: list[int] = []
    with database.transaction() as conn:
        keep_orphans(conn)
        remover = threading.Thread(
            target=lambda: removed.append(remove_orphans(database, shelf, report, "os:anna", ManualClock(NOW)))
        )
        remover.start()
        named, _ = with_images(make_transit(2), {ImageRole.PLATE: picture(2, 300)})
        insert_transits(conn, [named], NOW)
        header = image_header(transit=named, role=ImageRole.PLATE, data=picture(2, 300))
        record_image(conn, header, 300)  # not committed yet: nobody else sees it
        waits_for_lock(database)
    remover.join(timeout=240)
    assert removed == [0]
    assert checked(database, shelf)[0].is_well


def waits_for_lock(database: Database) -> None:
    """Until somebody waits for an advisory lock."""

    def somebody_waits() -> bool:
        with database.transaction() as conn:
            query = "SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            return bool((conn.execute(query).fetchone() or {})["n"])

    eventually(somebody_waits)


def test_a_removal_that_fails_says_how_far_it_came(
    database: Database, shelf: LocalShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr.store.images.orphans.BATCH", 1)
    first, second = (put(shelf, make_transit(number), picture(number, 300)) for number in (2, 3))
    (report,) = checked(database, shelf)
    path_of(shelf, second).unlink()
    path_of(shelf, second).mkdir()  # cannot be removed as a file
    with pytest.raises(StoreError, match=second):
        remove_orphans(database, shelf, report, "os:anna", ManualClock(NOW))
    assert not path_of(shelf, first).exists()
    assert [e.detail["phase"] for e in events(database)] == ["begun", "broken off"]
    assert events(database)[-1].detail["orphans"] == 1


# -- as somebody types it


@pytest.fixture
def anpr(database_url: str, tmp_path: Path) -> Callable[..., Result]:
    environment = {"DATABASE_URL": database_url, "ANPR_DATA_DIR": str(tmp_path), "ANPR_CONFIG": None}
    return lambda *arguments: CliRunner().invoke(main, ["images", "check", *arguments], env=environment)


def test_the_command_lists_what_is_wrong_and_ends_with_1(
    anpr: Callable[..., Result], database: Database, shelf: LocalShelf
) -> None:
    assert anpr().stdout == "0 rows, 0 files: 0 orphan, 0 missing, 0 different, 0 unreadable, 0 unannounced\n"
    good, lost = store(database, shelf, 1), store(database, shelf, 2)
    assert anpr().exit_code == 0
    path_of(shelf, lost).unlink()
    orphan = put(shelf, make_transit(3), picture(3, 300), days_ago=9000)
    result = anpr()
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        f"orphan\t{orphan}",
        f"missing\t{lost}",
        "2 rows, 2 files: 1 orphan, 1 missing, 0 different, 0 unreadable, 0 unannounced",
    ]
    assert f"{DAY}/gate-1: 2 rows and 2 files looked at" in result.stderr
    assert anpr("--day", "2026-11-20").exit_code == 0
    assert anpr("--day", "20/11/2026").exit_code == 0
    assert "--day: 'ieri' is not a day" in anpr("--day", "ieri").stderr
    lines = [json.loads(line) for line in anpr("--json").stdout.splitlines()]
    assert lines[0] == {
        "day": "2026-11-21", "gate": "gate-1", "rows": 2, "files": 2, "young": 0,
        "orphan": [orphan], "missing": [lost], "different": [], "unreadable": [], "unannounced": [],
    }  # fmt: skip
    assert lines[1]["total"]["missing"] == 1
    removing = anpr("--remove-orphans")
    assert (removing.exit_code, "1 orphans removed" in removing.stdout) == (1, True), "one is still missing"
    assert path_of(shelf, good).exists()
    assert not path_of(shelf, orphan).exists()
    assert [event.action for event in events(database)] == [AuditAction.DATA_DELETED] * 2
    put(shelf, make_transit(2), picture(2, 300))
    put(shelf, make_transit(5), picture(5, 300), days_ago=9000)
    assert anpr("--remove-orphans").exit_code == 0, "what was removed is wrong no more"
    shutil.rmtree(shelf._folder)
    assert anpr().exit_code == 1, "a disk that is not mounted is no empty one"


def test_a_bucket_is_checked_the_same_way(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> None:
    settings: Settings = s3_settings(request.getfixturevalue("s3_server"), tmp_path)
    shelf = open_shelf(settings)
    store(database, shelf, 1)
    lost = store(database, shelf, 2)
    shelf.remove(lost)
    orphan = put(shelf, make_transit(3, gate_id="a.2_x"), picture(3, 300))
    soon = checked(database, shelf, datetime.now(UTC))
    assert [(r.folder, r.young, faults(r)) for r in soon] == [
        ("a.2_x", 1, {}),
        ("gate-1", 0, {Fault.MISSING: [lost]}),
    ]
    later = checked(database, shelf, datetime.now(UTC) + timedelta(days=2))
    assert faults(later[0]) == {Fault.ORPHAN: [orphan]}
    assert remove_orphans(database, shelf, later[0], "os:anna", ManualClock(NOW)) == 1
    assert shelf.read(orphan) is None
