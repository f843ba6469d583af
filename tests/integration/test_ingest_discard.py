# SPDX-License-Identifier: AGPL-3.0-or-later
"""Discard unless it hits: at such a gate nothing but a count stays of a transit that matches no list."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.contract.transit import encode_transit
from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole, Transit
from anpr.ingest.consume import Consumer
from anpr.ingest.retro import RetroMatch
from anpr.ingest.store_batch import Centre
from anpr.ingest.summary import IngestSummary
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings, RetentionSettings, Settings
from anpr.store.alarms.retro import retro_changes
from anpr.store.alarms.rows import list_sightings
from anpr.store.database.connection import Connection, Database
from anpr.store.dead_letters import list_dead_letters
from anpr.store.images.image_store import ImageStore
from anpr.store.retention import run_retention
from anpr.store.transits.discarded import NotKept, not_kept
from anpr.store.watchlists.matching import Hit, matching_entries
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, plate_of, with_images
from tests.integration.test_ingest import add_to_watchlist, count
from tests.support.sources import ListSource, image_message, message, transit_message
from tests.support.waiting import eventually

GATE = "gate-1"
OPEN_GATE = "gate-2"
TABLES = ("transits", "plates", "images", "alarms", "dead_letters")


@pytest.fixture
def centre(ingest_database: Database, tmp_path: Path) -> Centre:
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"), hits_only=frozenset({GATE}))


def consume(centre: Centre, records: Sequence[Incoming], clock: ManualClock, batch_size: int = 100) -> IngestSummary:
    settings = IngestSettings(batch_size=batch_size)
    consumer = Consumer(source=ListSource(records), centre=centre, settings=settings, clock=clock)
    while consumer.step(threading.Event()):
        pass
    return consumer.summary


def pictured(number: int, gate_id: str = GATE) -> tuple[Transit, list[Incoming]]:
    """A transit with two images, and their messages."""
    content = {ImageRole.PLATE: picture(number, 500), ImageRole.CONTEXT: picture(-number, 900)}
    transit, images = with_images(make_transit(number, gate_id=gate_id), content)
    return transit, [image_message(transit, role, data, n) for n, (role, data) in enumerate(images.items(), 1_000)]


def files(folder: Path) -> int:
    return len(list((folder / "images").rglob("*.jpg")))


def discarded(database: Database) -> list[NotKept]:
    with database.transaction() as conn:
        return not_kept(conn, START - timedelta(days=1))


def test_only_what_hits_is_stored_and_the_rest_is_counted(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    add_to_watchlist(database, plate_of(3))
    before = REGISTRY.get_sample_value("anpr_transits_discarded_total", {"gate": GATE}) or 0.0
    records = [transit_message(make_transit(n), n) for n in range(10)]
    records += [transit_message(make_transit(n, gate_id=OPEN_GATE), n) for n in range(10, 14)]
    summary = consume(centre, records, clock)
    assert (summary.transits, summary.discarded, summary.duplicates, summary.alarms) == (5, 9, 0, 1)
    assert {table: count(database, table) for table in ("transits", "plates", "alarms")} == {
        "transits": 5, "plates": 5, "alarms": 1,
    }  # fmt: skip
    assert discarded(database) == [NotKept(gate_id=GATE, number=9, last_at=START + timedelta(seconds=9))]
    assert REGISTRY.get_sample_value("anpr_transits_discarded_total", {"gate": GATE}) == before + 9


def test_a_list_of_allowed_plates_raises_no_alarm_and_keeps_nothing(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    add_to_watchlist(database, plate_of(3), plate_of(12))
    with database.transaction() as conn:
        conn.execute("UPDATE watchlists SET kind = 'allowed'")
    records = [transit_message(make_transit(n), n) for n in range(10)]
    records += [transit_message(make_transit(n, gate_id=OPEN_GATE), n) for n in range(10, 14)]
    summary = consume(centre, records, clock)
    assert (summary.transits, summary.discarded, summary.alarms) == (4, 10, 0)
    RetroMatch(database=database, settings=Settings(), clock=clock).catch_up(threading.Event())
    assert {table: count(database, table) for table in ("alarms", "sightings")} == {"alarms": 0, "sightings": 0}
    with database.transaction() as conn:
        assert [(change.found, change.held_back) for change in retro_changes(conn)] == [(0, 0)]


def test_what_fits_a_partial_plate_is_kept(database: Database, centre: Centre, clock: ManualClock) -> None:
    plate = plate_of(3)
    add_to_watchlist(database, f"{plate[:4]}*{plate[-1]}")
    summary = consume(centre, [transit_message(make_transit(n), n) for n in range(10)], clock)
    kept = [n for n in range(10) if plate_of(n)[:4] == plate[:4] and plate_of(n)[-1] == plate[-1]]
    assert 3 in kept
    assert (summary.transits, summary.discarded, summary.alarms) == (len(kept), 10 - len(kept), len(kept))


def test_a_replay_counts_nothing_twice(database: Database, centre: Centre, clock: ManualClock) -> None:
    add_to_watchlist(database, plate_of(3))
    records = [transit_message(make_transit(n), n) for n in range(10)]
    consume(centre, records, clock)
    again = consume(centre, [*records, *records], clock, batch_size=7)
    assert (again.transits, again.discarded, again.duplicates) == (0, 0, 20)
    assert [each.number for each in discarded(database)] == [9]


@pytest.mark.parametrize("batch_size", [1, 100])
@pytest.mark.parametrize("images_first", [True, False])
def test_images_of_what_is_discarded_go_whenever_they_come(
    database: Database, centre: Centre, clock: ManualClock, tmp_path: Path, *, images_first: bool, batch_size: int
) -> None:
    add_to_watchlist(database, plate_of(2))
    records: list[Incoming] = []
    for number in (1, 2):
        transit, images = pictured(number)
        mine = [transit_message(transit, number)]
        records += [*images, *mine] if images_first else [*mine, *images]
    summary = consume(centre, records, clock, batch_size)
    assert (count(database, "images"), files(tmp_path)) == (2, 2)
    assert (summary.discarded_images, summary.poison) == (2, 0)
    kept = {path.name[:36] for path in (tmp_path / "images").rglob("*.jpg")}
    assert kept == {str(pictured(2)[0].id)}


def test_a_process_that_is_killed_while_it_removes_images_leaves_none_behind(
    database: Database, centre: Centre, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """The process ends here."""

    def killed(_: str) -> None:
        raise KilledError

    transit, images = pictured(1)
    consume(centre, images, clock)
    with monkeypatch.context() as patched:
        patched.setattr(centre.images.shelf, "remove", killed)
        with pytest.raises(KilledError):
            consume(centre, [transit_message(transit, 0)], clock)
    assert files(tmp_path) == 2
    consume(centre, [transit_message(transit, 0)], clock)
    assert (count(database, "images"), files(tmp_path)) == (0, 0)


def test_an_image_stored_while_its_transit_is_discarded_goes(
    database: Database, centre: Centre, clock: ManualClock, tmp_path: Path
) -> None:
    transit, images = pictured(1)
    discarding = replace(centre, images=ImageStore(tmp_path / "images"))

    class SlowStore(ImageStore):
        """While images are put, somebody else discards their transit."""

        def put_all(self, images):  # type: ignore[no-untyped-def]
            consume(discarding, [transit_message(transit, 0)], clock)
            return super().put_all(images)

    summary = consume(replace(centre, images=SlowStore(tmp_path / "images")), images, clock)
    assert summary.discarded_images == 2
    assert (count(database, "images"), files(tmp_path)) == (0, 0)


def test_an_entry_that_comes_during_a_batch_is_looked_for_in_what_the_batch_stores(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    """The entry is committed after the batch was matched and before it is stored: only retro-match can find it."""
    kept, hit = make_transit(1, gate_id=OPEN_GATE), make_transit(2)
    add_to_watchlist(database, hit.plate)
    retro = RetroMatch(database=database, settings=Settings(), clock=clock)
    searched = threading.Event()

    def search() -> None:
        retro.catch_up(threading.Event())
        searched.set()

    def match(conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
        found = matching_entries(conn, transits)
        add_to_watchlist(database, hit.plate, kept.plate)
        searching.start()
        eventually(lambda: waits_for_writers(database))
        return found

    searching = threading.Thread(target=search)
    consume(replace(centre, match=match), [transit_message(kept, 0), transit_message(hit, 1)], clock)
    searching.join(60)
    assert searched.is_set()
    with database.transaction() as conn:
        assert {sighting.transit_id for sighting in list_sightings(conn)} == {kept.id, hit.id}


def waits_for_writers(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT count(*) AS n FROM pg_locks WHERE relation = 'transits'::regclass AND mode = 'RowExclusiveLock'"
        ).fetchone()
    return row is not None and row["n"] > 0


@pytest.mark.parametrize(
    "value",
    [
        b"garbage " + plate_of(7).encode(),
        encode_transit(make_transit(7, gate_id=OPEN_GATE)).replace(b'"gate_id":"gate-2"', b'"gate_id":"gate-1"')[:-20],
        encode_transit(make_transit(7, captured_at=START - timedelta(days=400))),
    ],
)
def test_a_dead_letter_of_such_a_gate_keeps_no_value(
    database: Database, centre: Centre, clock: ManualClock, value: bytes
) -> None:
    consume(centre, [message(value, 0)], clock)
    with database.transaction() as conn:
        (letter,) = list_dead_letters(conn)
    assert (letter.size, letter.value) == (len(value), b"")
    assert letter.detail == "neither detail nor value are kept: its gate keeps hits only, or is not told"
    assert letter.reason in {PoisonReason.NOT_JSON, PoisonReason.WRONG_SHAPE, PoisonReason.TOO_OLD}


def test_a_dead_letter_of_another_gate_is_kept_whole(database: Database, centre: Centre, clock: ManualClock) -> None:
    old = encode_transit(make_transit(7, gate_id=OPEN_GATE, captured_at=START - timedelta(days=400)))
    record = replace(message(old, 0), key=OPEN_GATE.encode())
    consume(centre, [record], clock)
    with database.transaction() as conn:
        (letter,) = list_dead_letters(conn)
    assert letter.value == old


def test_retention_drops_the_ids_with_their_day_and_keeps_the_numbers(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    consume(centre, [transit_message(make_transit(n), n) for n in range(5)], clock)
    settings = RetentionSettings()
    clock.advance(timedelta(days=9).total_seconds())
    expired = run_retention(
        database, centre.images, settings, clock, really_by="test", database_clock=lambda _conn: clock.now()
    )
    assert expired.rows["discarded transits"] == 5
    assert count(database, "discarded_transits") == 0
    assert [each.number for each in discarded(database)] == [5]
