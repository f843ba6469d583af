# SPDX-License-Identifier: AGPL-3.0-or-later
"""Days by purpose: what passed at gates of one purpose goes by its own days, all of it, and nothing else does."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from anpr.domain.errors import PoisonReason, RetentionRefusedError, StoreError, StoreFault
from anpr.domain.gate import Gate
from anpr.domain.hold import Hold
from anpr.domain.kept_from import KeptFrom
from anpr.domain.transit import ImageRole, Transit
from anpr.ingest.consume import Consumer
from anpr.ingest.maintenance import maintain
from anpr.ingest.store_batch import Centre
from anpr.ingest.summary import IngestSummary
from anpr.runtime.clock import ManualClock
from anpr.settings import IngestSettings, RetentionSettings
from anpr.store.audit import list_audit
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import count_of
from anpr.store.database.partitions import Part, list_parts
from anpr.store.database.schema_diff import find_drift
from anpr.store.dead_letters import list_dead_letters
from anpr.store.forwarding.deliveries import DayScope, queue_transits
from anpr.store.gates import save_gates
from anpr.store.holds import add_hold
from anpr.store.images.image_store import ImageStore
from anpr.store.retention import Expired, run_retention
from anpr.store.retention_report import retention_report
from anpr.store.transits.rows import TransitQuery, insert_transits, search_transits
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, with_images
from tests.support.sources import ListSource, image_message, transit_message

DAY = START.date()
SHORT, LONG, PLAIN = "gate-short", "gate-long", "gate-plain"
PURPOSES = {SHORT: "assicurazioni", LONG: "indagini"}
KEEP = RetentionSettings.model_validate(
    {
        "transit_days": 7,
        "purposes": [
            {"id": "assicurazioni", "name": "Assicurazioni", "keep": "all", "days": 3},
            {"id": "indagini", "name": "Indagini", "keep": "all", "days": 20},
        ],
    }
)


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def centre(ingest_database: Database, images: ImageStore) -> Centre:
    with ingest_database.transaction() as conn:
        save_gates(conn, [gate(each, PURPOSES.get(each)) for each in (SHORT, LONG, PLAIN)])
    return Centre(database=ingest_database, images=images, purposes=PURPOSES)


def gate(gate_id: str, purpose: str | None) -> Gate:
    return Gate(id=gate_id, name=gate_id, purpose="p", legal_basis="l", retention_purpose=purpose)


def passage(number: int, gate_id: str, at: datetime = START) -> tuple[Transit, list[Incoming]]:
    """A transit with one image, and their messages."""
    made = make_transit(number, gate_id=gate_id, captured_at=at)
    transit, pictures = with_images(made, {ImageRole.PLATE: picture(number, 500)})
    image = image_message(transit, ImageRole.PLATE, pictures[ImageRole.PLATE], number)
    return transit, [transit_message(transit, number), image]


def consume(centre: Centre, records: list[Incoming], now: datetime) -> IngestSummary:
    consumer = Consumer(
        source=ListSource(records), centre=centre, settings=IngestSettings(), clock=ManualClock(now), retention=KEEP
    )
    while consumer.step(threading.Event()):
        pass
    return consumer.summary


def fill(centre: Centre) -> dict[str, Transit]:
    """A transit at each gate, by the gate, of one day."""
    made = {each: passage(number, each) for number, each in enumerate((SHORT, LONG, PLAIN))}
    summary = consume(centre, [record for _, records in made.values() for record in records], START)
    assert (summary.transits, summary.images) == (3, 3)
    return {each: transit for each, (transit, _) in made.items()}


def expire(
    database: Database, images: ImageStore, days: int, settings: RetentionSettings = KEEP, really_by: str | None = None
) -> Expired:
    """So many days after START, on a system on which something passed each day."""
    now = START + timedelta(days=days)
    with database.transaction() as conn:
        for ago in range(days):
            insert_transits(conn, [make_transit(500 + ago, captured_at=now - timedelta(days=ago))], now)
    return run_retention(
        database, images, settings, ManualClock(now), database_clock=lambda _: now, really_by=really_by
    )


def left(database: Database, images: ImageStore, day: date = DAY) -> dict[str, set[str]]:
    """Gates that something is left of on that day: rows, and files."""
    with database.transaction() as conn:
        gates = {
            table: {row["gate_id"] for row in conn.execute(query.encode(), {"day": day})}
            for table in ("transits", "images")
            for query in [f"SELECT gate_id FROM {table} WHERE (captured_at AT TIME ZONE 'UTC')::date = %(day)s"]
        }
    with_files = {each for each in images.shelf.gates(day) if list(images.shelf.files(day, each))}
    return gates | {"files": with_files}


def only(*gates: str) -> dict[str, set[str]]:
    return {what: set(gates) for what in ("transits", "images", "files")}


def test_each_purpose_goes_by_its_own_days(database: Database, centre: Centre, images: ImageStore) -> None:
    made = fill(centre)
    assert left(database, images) == only(SHORT, LONG, PLAIN)
    expired = expire(centre.database, images, 3)
    assert expired.is_nothing, "its last moment is not older than three days"
    expired = expire(centre.database, images, 4)
    assert expired.parts == {table: [Part(START.date(), "assicurazioni")] for table in ("transits", "images")}
    assert left(database, images) == only(LONG, PLAIN)
    with database.transaction() as conn:
        plates = {row["plate"] for row in conn.execute("SELECT plate FROM plates")}
        assert made[SHORT].plate not in plates, "the dictionary keeps no plate longer than what it is from"
        assert {made[LONG].plate, made[PLAIN].plate} <= plates
        (ended,) = [row for row in list_audit(conn) if row.event.detail.get("dropped")]
    assert ended.event.detail["dropped"] == {
        "transits": {"assicurazioni": 1}, "images": {"assicurazioni": 1},
    }  # fmt: skip
    assert ended.event.detail["days"] == {table: [f"{START.date()} assicurazioni"] for table in ("transits", "images")}
    expire(centre.database, images, 8)
    assert left(database, images) == only(LONG)
    with database.transaction() as conn:
        (found,) = search_transits(conn, TransitQuery(pattern=made[LONG].plate))
    assert found.transit == made[LONG]
    expire(centre.database, images, 21, really_by="anna")
    assert left(database, images) == only()
    with database.transaction() as conn:
        assert START.date() not in {part.day for part in list_parts(conn, "transits")}
    assert images.shelf.days() == []
    assert find_drift(database) == []


def test_purposes_of_unlike_days_lose_a_day_each_in_one_night_without_a_question(
    centre: Centre, images: ImageStore
) -> None:
    many = KEEP.model_copy(
        update={"purposes": tuple(KEEP.purposes[0].model_copy(update={"id": f"p{n}", "days": n}) for n in range(2, 9))}
    )
    centre = replace(centre, purposes={f"gate-{n}": f"p{n}" for n in range(2, 9)})
    for n in range(2, 9):  # each is a day too old on the tenth day
        consume(centre, passage(n, f"gate-{n}", START + timedelta(days=9 - n))[1], START + timedelta(days=9 - n))
    expired = expire(centre.database, images, 10, many)
    assert {part.purpose for part in expired.parts["transits"]} == {"", *(f"p{n}" for n in range(2, 9))}


def test_a_transit_that_comes_again_after_its_gate_got_another_purpose_is_not_doubled(
    database: Database, centre: Centre
) -> None:
    transit, records = passage(1, SHORT)
    consume(centre, records, START)
    changed = replace(centre, purposes={SHORT: "indagini"})
    assert consume(changed, records, START).duplicates == 1
    late, pictures = with_images(
        make_transit(2, gate_id=SHORT), {ImageRole.PLATE: picture(2, 500), ImageRole.CONTEXT: picture(3, 500)}
    )
    messages = [image_message(late, role, data, n) for n, (role, data) in enumerate(pictures.items())]
    consume(centre, [messages[0]], START)
    consume(changed, [transit_message(late, 9), *messages], START)
    with database.transaction() as conn:
        rows = conn.execute("SELECT id, purpose FROM transits ORDER BY id").fetchall()
        assert rows == [
            {"id": transit.id, "purpose": "assicurazioni"},
            {"id": late.id, "purpose": "indagini"},
        ]
        kept = conn.execute("SELECT transit_id, role, purpose FROM images ORDER BY transit_id, role DESC").fetchall()
    assert [(row["transit_id"], row["role"], row["purpose"]) for row in kept] == [
        (transit.id, "plate", "assicurazioni"),
        (late.id, "plate", "assicurazioni"),  # came first: nobody knew more of it
        (late.id, "context", "indagini"),
    ]


def test_an_image_that_comes_late_is_kept_as_long_as_its_transit(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    transit, (first, image) = passage(1, SHORT)
    consume(centre, [first], START)
    save = replace(centre, purposes={SHORT: "indagini"})
    with database.transaction() as conn:
        save_gates(conn, [gate(SHORT, "indagini")])
    consume(save, [image], START)
    assert left(database, images) == only(SHORT)
    expire(centre.database, images, 4)
    assert left(database, images) == only(), "files of a gate that keeps its new transits longer go as well"
    assert transit.gate_id == SHORT


def test_what_was_stored_without_a_purpose_keeps_the_days_of_the_site(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    transit, records = passage(1, SHORT)
    consume(replace(centre, purposes={}), records, START)
    expire(centre.database, images, 4)
    assert left(database, images) == only(SHORT)
    expire(centre.database, images, 8)
    assert left(database, images) == only()
    assert transit.gate_id == SHORT


def test_days_that_are_changed_count_at_the_next_run_which_asks_when_it_is_much(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    for ago in range(10):
        consume(centre, passage(ago, LONG, START - timedelta(days=ago))[1], START - timedelta(days=ago))
    expire(centre.database, images, 0)
    changed = KEEP.model_copy(update={"purposes": (KEEP.purposes[1].model_copy(update={"days": 2}),)})
    with pytest.raises(RetentionRefusedError, match="refuses to drop 7 days of purpose indagini at once"):
        expire(centre.database, images, 0, changed)
    expired = expire(centre.database, images, 0, changed, really_by="anna")
    assert len(expired.parts["transits"]) == 7
    with database.transaction() as conn:
        assert [part.day for part in list_parts(conn, "transits")] == [
            START.date() - timedelta(days=ago) for ago in (2, 1, 0)
        ]


def test_a_hold_keeps_rows_and_files_past_the_days_of_their_purpose(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    held, records = passage(1, SHORT)
    other, more = passage(2, SHORT)
    consume(centre, records + more, START)
    hold = Hold(
        case_reference="12/2026", reason="r", plate=held.plate, since=START - timedelta(hours=1),
        until=START + timedelta(hours=1), ends_on=START.date() + timedelta(days=6), author="anna", made_at=START,
    )  # fmt: skip
    with database.transaction() as conn:
        add_hold(conn, hold)
    expire(centre.database, images, 4)
    with database.transaction() as conn:
        assert [row["id"] for row in conn.execute("SELECT id FROM transits WHERE gate_id = %s", [SHORT])] == [held.id]
        assert [row["transit_id"] for row in conn.execute("SELECT transit_id FROM images")] == [held.id]
    assert images.find(held, ImageRole.PLATE) is not None
    assert images.find(other, ImageRole.PLATE) is None
    assert find_drift(database) == []
    expire(centre.database, images, 7)
    assert left(database, images) == only()


def test_files_that_a_crash_left_behind_go_at_the_next_run(
    database: Database, centre: Centre, images: ImageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(centre)
    with database.transaction() as conn:  # so that only the note of the drop tells of its files
        save_gates(conn, [gate(SHORT, None)])

    def broken(key: str) -> None:
        raise StoreError(f"image {key}: the disk is away", fault=StoreFault.WAIT)

    with monkeypatch.context() as patched:
        patched.setattr(images.shelf, "remove", broken)
        with pytest.raises(StoreError, match="the disk is away"):
            expire(centre.database, images, 4)
    assert left(database, images) == only(LONG, PLAIN) | {"files": {SHORT, LONG, PLAIN}}
    expire(centre.database, images, 4)
    assert left(database, images) == only(LONG, PLAIN)


def test_what_waits_to_be_forwarded_expires_with_its_own_days(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    made = fill(centre)
    scope = DayScope(destination="questura", day=START.date(), since=START - timedelta(1), until=START + timedelta(1))
    kept = KeptFrom(rest=START - timedelta(days=7), purposes={})
    with database.transaction() as conn:
        assert queue_transits(conn, scope, kept, START) == 3
    expired = expire(centre.database, images, 4)
    assert expired.undelivered == {"questura": 1}
    assert states(database)[made[SHORT].id] == "expired"
    assert expire(centre.database, images, 8).undelivered == {"questura": 1}
    assert states(database) == {
        made[SHORT].id: "expired", made[PLAIN].id: "expired", made[LONG].id: "queued",
    }  # fmt: skip


def states(database: Database) -> dict[object, str]:
    with database.transaction() as conn:
        return {row["transit_id"]: row["state"] for row in conn.execute("SELECT transit_id, state FROM deliveries")}


def test_what_is_too_old_for_its_purpose_is_refused_at_the_door(database: Database, centre: Centre) -> None:
    at = START - timedelta(days=5)
    records = [passage(number, each, at)[1][0] for number, each in enumerate((SHORT, LONG, PLAIN))]
    summary = consume(centre, records, START)
    assert (summary.transits, summary.poison) == (2, 1)
    with database.transaction() as conn:
        assert [letter.reason for letter in list_dead_letters(conn)] == [PoisonReason.TOO_OLD]


def test_partitions_are_made_ahead_for_the_purposes_of_the_gates(
    database: Database, images: ImageStore, centre: Centre
) -> None:
    maintain(centre.database, images, KEEP, ManualClock(datetime.now(UTC)), ["", "indagini"])
    with database.transaction() as conn:
        parts = list_parts(conn, "images")
    assert {part.purpose for part in parts} == {"", "indagini"}
    assert len(parts) == 8


def test_an_id_that_another_transit_has_taken_just_now_is_no_copy(database: Database) -> None:
    transit = make_transit(1)
    with database.transaction() as conn:
        insert_transits(conn, [transit], START)
        assert insert_transits(conn, [transit], START) == set()
    other = replace(transit, captured_at=transit.captured_at + timedelta(seconds=1))
    with pytest.raises(StoreError, match="another one is stored under this id"), database.transaction() as conn:
        insert_transits(conn, [other], START)


def test_the_ids_of_purposes_may_be_alike_and_long(database: Database) -> None:
    names = [("a" * 63) + end for end in "bc"]
    with database.transaction() as conn:
        for number, name in enumerate(names):
            insert_transits(conn, [make_transit(number)], START, purposes={"gate-1": name})
        assert [part.purpose for part in list_parts(conn, "transits")] == names
        assert _count(conn) == 2
    assert find_drift(database) == []


def _count(conn: Connection) -> int:
    return count_of(conn, b"SELECT count(*) AS count FROM transits")


def test_the_report_agrees_with_what_is_there_and_what_was_dropped(
    database: Database, centre: Centre, images: ImageStore
) -> None:
    made = fill(centre)
    expire(centre.database, images, 4)
    now = START + timedelta(days=4)
    with database.transaction() as conn:
        report = retention_report(conn, now)
    found = {each.purpose: each for each in report.purposes}
    assert set(found) == {"", *PURPOSES.values()}
    assert (found["assicurazioni"].transits, found["assicurazioni"].images) == (0, 0)
    assert (found["assicurazioni"].dropped_transits, found["assicurazioni"].dropped_images) == (1, 1)
    long = found["indagini"]
    assert (long.transits, long.images, long.oldest) == (1, 1, made[LONG].captured_at)
    assert long.image_bytes == sum(each.size for each in images.shelf.files(DAY, LONG))
    assert (long.dropped_transits, long.dropped_images) == (0, 0)
    assert found[""].transits == 1 + 4, "one of the gate without a purpose, and one a day since"
    with database.transaction() as conn:
        later = retention_report(conn, now + timedelta(days=31))
    assert not any(each.dropped_transits for each in later.purposes)
