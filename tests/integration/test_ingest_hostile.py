# SPDX-License-Identifier: AGPL-3.0-or-later
"""One hostile reader: whatever its login can write, other readers' transits are stored and alarmed, and it is named."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from anpr.contract.health import encode_health
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.errors import PoisonReason, StoreError, StoreFault
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import Priority, Watchlist
from anpr.ingest.consume import MOST_TRIES, Consumer
from anpr.ingest.parked_senders import tell_parked
from anpr.ingest.stopping import PATIENCE_S, cancelling
from anpr.ingest.store_batch import LIVE_FOR, Centre, StoredBatch, store_batch
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings
from anpr.store.alarms.rows import list_alarms, list_sightings
from anpr.store.database.connection import Database
from anpr.store.database.partitions import drop_partitions, list_partitions, make_days
from anpr.store.dead_letters import count_dead_letters, list_dead_letters
from anpr.store.health.record import record_health
from anpr.store.images.image_store import ImageStore
from anpr.store.refused_senders import UNKNOWN, WINDOW, parked_senders
from anpr.store.transits.rows import get_transit
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, plate_of, uuid7_of
from tests.support.sources import ListSource, image_message, message, transit_message

WATCHLIST = Watchlist(id="stolen", name="Rubati", priority=Priority.HIGH, purpose="test", legal_basis="test")
HOSTILE, HONEST = "reader-a", "reader-b"


@pytest.fixture
def centre(database: Database, ingest_database: Database, tmp_path: Path) -> Centre:
    """A centre that has heard of both readers."""
    with database.transaction() as conn:
        for name in (HOSTILE, HONEST):
            change = Change(state="up", since=START)
            report = HealthReport(
                kind=SubjectKind.READER, id=name, reader_id=name, gate_ids=(), at=START, changes=(change,)
            )
            record_health(conn, [report], START)
        save_watchlist(conn, WATCHLIST)
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"))


def consume(centre: Centre, records: list[Incoming], clock: ManualClock, **settings: Any) -> Consumer:
    source = ListSource(records)
    consumer = Consumer(source=source, centre=centre, settings=IngestSettings(**settings), clock=clock)
    while consumer.step(threading.Event()):
        pass
    assert source.committed == len(records)
    return consumer


def from_hostile(number: int, **changes: Any) -> dict[str, Any]:
    """The fields of one of its transits."""
    fields: dict[str, Any] = json.loads(encode_transit(make_transit(number, reader_id=HOSTILE)))
    return {**fields, **changes}


def as_message(fields: dict[str, Any], offset: int) -> Incoming:
    return message(json.dumps(fields).encode(), offset)


def refused(centre: Centre) -> dict[PoisonReason, int]:
    with centre.database.transaction() as conn:
        return count_dead_letters(conn)


def test_transits_of_hundreds_of_old_days_make_no_day_and_hold_up_nobody(centre: Centre, clock: ManualClock) -> None:
    moments = [START - timedelta(days=8 + number) for number in range(3_000)]
    records = [
        transit_message(make_transit(n, captured_at=moment, reader_id=HOSTILE), n) for n, moment in enumerate(moments)
    ]
    records.append(transit_message(make_transit(9, reader_id=HONEST), 3_000))
    assert consume(centre, records, clock).summary.transits == 1
    assert refused(centre) == {PoisonReason.TOO_OLD: 1_000}, "of the rest it is known how many they were"
    with centre.database.transaction() as conn:
        assert list_partitions(conn, "transits") == [START.date()]
        (parked,) = parked_senders(conn, clock.now())
    assert (parked.sender, parked.refused, parked.kept, parked.not_kept) == (f"reader/{HOSTILE}", 3_000, 1_000, 2_000)


def test_a_flood_of_garbage_is_limited_counted_and_named(centre: Centre, clock: ManualClock) -> None:
    before = REGISTRY.get_sample_value("anpr_dead_letters_not_kept_total") or 0.0
    records = [as_message(from_hostile(number, plate="\0"), number) for number in range(50)]
    limits = {"park_after": 20, "dead_letters_per_reader": 10}
    consume(centre, records, clock, batch_size=7, **limits)
    with centre.database.transaction() as conn:
        (parked,) = parked_senders(conn, clock.now())
        letters = list_dead_letters(conn)
    assert {letter.sender for letter in letters} == {f"reader/{HOSTILE}"}
    assert len(letters) == 10
    assert (REGISTRY.get_sample_value("anpr_dead_letters_not_kept_total") or 0.0) - before == 40
    told: set[str] = set()
    tell_parked(centre.database, clock, told)
    assert REGISTRY.get_sample_value("anpr_sender_parked", {"sender": parked.sender}) == 50
    clock.advance(WINDOW.total_seconds() + 1)
    tell_parked(centre.database, clock, told)
    assert REGISTRY.get_sample_value("anpr_sender_parked", {"sender": parked.sender}) is None, (
        "after an hour of silence"
    )


def test_dead_letters_are_limited_in_bytes_too(centre: Centre, clock: ManualClock) -> None:
    records = [message(b"x" * 60_000, number) for number in range(40)]
    consume(centre, records, clock, dead_letter_mb_per_reader=1)
    assert refused(centre) == {PoisonReason.NOT_JSON: 1_000_000 // 60_100}


def test_a_name_that_nobody_knows_makes_no_row_of_its_own(centre: Centre, clock: ManualClock) -> None:
    records = [as_message(from_hostile(n, reader_id=f"invented-{n}", plate=""), n) for n in range(300)]
    consume(centre, records, clock)
    with centre.database.transaction() as conn:
        (parked,) = parked_senders(conn, clock.now())
    assert (parked.sender, parked.refused) == (UNKNOWN, 300)


def test_whoever_forges_a_readers_name_costs_it_none_of_its_transits(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    forged = [as_message(from_hostile(n, reader_id=HONEST, plate=""), n) for n in range(300)]
    consume(centre, forged, clock, park_after=5, dead_letters_per_reader=5)
    with centre.database.transaction() as conn:
        assert [one.sender for one in parked_senders(conn, clock.now())] == [f"reader/{HONEST}"]
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate_of(7), reason="stolen")])
    summary = consume(centre, [transit_message(make_transit(7, reader_id=HONEST), 300)], clock).summary
    assert (summary.transits, summary.alarms) == (1, 1)


def test_the_same_refused_messages_again_are_counted_once(centre: Centre, clock: ManualClock) -> None:
    records = [as_message(from_hostile(n, plate=""), n) for n in range(30)]
    consume(centre, records, clock, park_after=20)
    consume(centre, records, clock, park_after=20)
    with centre.database.transaction() as conn:
        (parked,) = parked_senders(conn, clock.now())
    assert (parked.refused, parked.kept, parked.not_kept) == (30, 30, 0)


def test_one_message_the_database_does_not_take_costs_a_dozen_transactions(
    database: Database, centre: Centre, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as conn:
        conn.execute("ALTER TABLE transits ADD CHECK (plate <> 'AA077AA')")
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate_of(7), reason="stolen")])
    stored: list[int] = []

    def counting(*args: Any, **options: Any) -> StoredBatch:
        stored.append(len(args[1].records))
        return store_batch(*args, **options)

    monkeypatch.setattr("anpr.ingest.consume.store_batch", counting)
    summary = consume(centre, [transit_message(make_transit(n), n) for n in range(400)], clock).summary
    assert (summary.transits, summary.poison, summary.alarms) == (399, 1, 1)
    assert len(stored) <= 2 + 2 * 9 + 1


def test_what_is_too_much_at_once_is_tried_again_and_then_divided(
    centre: Centre, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a server has no locks left for so many days in one transaction."""
    sizes: list[int] = []

    def short_of_memory(*args: Any, **options: Any) -> StoredBatch:
        sizes.append(len(args[1].records))
        if len(args[1].records) > 2:
            raise StoreError("database: out of shared memory", fault=StoreFault.BATCH)
        return store_batch(*args, **options)

    monkeypatch.setattr("anpr.ingest.consume.store_batch", short_of_memory)
    summary = consume(centre, [transit_message(make_transit(n), n) for n in range(8)], clock).summary
    assert (summary.transits, summary.poison) == (8, 0)
    assert sizes[:MOST_TRIES] == [8] * MOST_TRIES


def test_what_is_cancelled_because_ingest_stops_is_nobodys_fault(
    centre: Centre, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def cancelled(*_: Any, **__: Any) -> StoredBatch:
        stop.set()
        raise StoreError("database: canceling statement due to user request", fault=StoreFault.BATCH)

    monkeypatch.setattr("anpr.ingest.consume.store_batch", cancelled)
    source = ListSource([transit_message(make_transit(1), 0)])
    Consumer(source=source, centre=centre, settings=IngestSettings(), clock=clock).step(stop)
    assert source.committed == 0
    assert refused(centre) == {}


def test_another_transit_under_a_known_id_is_told_and_hides_nothing(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    genuine = make_transit(5, plate="EX111EX", raw="EX111EX")
    forged = [
        replace(genuine, plate="QQ222QQ", raw="QQ222QQ", gate_id="gate-2"),
        replace(genuine, captured_at=genuine.captured_at - timedelta(minutes=30), plate="QQ222QQ"),
    ]
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="x") for plate in ("EX111EX", "QQ222QQ")])
    records = [transit_message(each, n) for n, each in enumerate((genuine, forged[0], genuine, forged[1], genuine))]
    for batch_size in (1, 5):  # the same in one batch, and against what is stored
        consume(centre, records, clock, batch_size=batch_size)
    with centre.database.transaction() as conn:
        found = get_transit(conn, genuine.id)
        alarms = [alarm.vehicle for alarm in list_alarms(conn)]
    assert found is not None
    assert (found.transit, alarms) == (genuine, ["EX111EX"])
    assert refused(centre) == {PoisonReason.CONFLICT: 2}


def test_what_passed_more_than_an_hour_ago_raises_an_alarm_from_the_past(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate_of(n), reason="stolen") for n in range(3)])
    ages = (timedelta(minutes=50), LIVE_FOR + timedelta(minutes=1), timedelta(days=6))
    transits = [make_transit(n, captured_at=START - age) for n, age in enumerate(ages)]
    with centre.database.connect(autocommit=True) as listener:
        listener.execute("LISTEN anpr_alarm")
        listener.execute("LISTEN anpr_alarm_retro")
        consume(centre, [transit_message(transit, n) for n, transit in enumerate(transits)], clock)
        notes = [(note.channel, int(note.payload)) for note in listener.notifies(timeout=120, stop_after=3)]
    with centre.database.transaction() as conn:
        alarms = {alarm.vehicle: alarm for alarm in list_alarms(conn)}
    assert [alarms[transit.plate].retro for transit in transits] == [False, True, True]
    live, *late = (alarms[transit.plate].id for transit in transits)
    assert notes == [("anpr_alarm", live), *(("anpr_alarm_retro", number) for number in late)]


def test_a_thousand_hits_of_one_batch_are_raised_in_their_order(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate="AB123CD", reason="stolen")])
    transits = [make_transit(n % 500, id=uuid7_of(make_transit(n % 500).captured_at, n), plate="AB123CD")
                for n in range(1_000)]  # fmt: skip
    assert consume(centre, [transit_message(each, n) for n, each in enumerate(transits)], clock).summary.alarms == 1
    with centre.database.transaction() as conn:
        sightings = list_sightings(conn, limit=2_000)[::-1]
        assert len(list_alarms(conn)) == 1, "one vehicle"
    assert [sighting.transit_id for sighting in sightings] == [transit.id for transit in transits]


def test_a_thousand_listed_vehicles_of_one_batch_are_raised_in_their_order(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    transits = [make_transit(n % 500, id=uuid7_of(make_transit(n % 500).captured_at, n), plate=plate_of(n))
                for n in range(1_000)]  # fmt: skip
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=each.plate, reason="stolen") for each in transits])
    assert consume(centre, [transit_message(each, n) for n, each in enumerate(transits)], clock).summary.alarms == 1_000
    with centre.database.transaction() as conn:
        alarms = list_alarms(conn, after_id=0, limit=2_000)
    assert [alarm.vehicle for alarm in alarms] == [transit.plate for transit in transits]


Attack = Callable[[random.Random, int, int], Incoming]


def _old_day(chance: random.Random, number: int, offset: int) -> Incoming:
    moment = START - timedelta(days=chance.randint(8, 3_000))
    return transit_message(make_transit(number, captured_at=moment, reader_id=HOSTILE), offset)


def _future(chance: random.Random, number: int, offset: int) -> Incoming:
    moment = START + timedelta(minutes=chance.randint(11, 3_000))
    return transit_message(make_transit(number, captured_at=moment, reader_id=HOSTILE), offset)


def _forged_id(chance: random.Random, number: int, offset: int) -> Incoming:
    forged = chance.choice((str(uuid7_of(START - timedelta(days=900), number)), "0" * 32, "f" * 32))
    return as_message(from_hostile(number, id=forged), offset)


def _same_id(chance: random.Random, _: int, offset: int) -> Incoming:
    return transit_message(make_transit(3, reader_id=HOSTILE, plate=plate_of(chance.randrange(500))), offset)


def _huge(chance: random.Random, _: int, offset: int) -> Incoming:
    return message(b"[" * chance.randint(1, 80_000), offset)


def _as_somebody_else(_: random.Random, number: int, offset: int) -> Incoming:
    return as_message(from_hostile(number, reader_id=HONEST, reads=0), offset)


def _report(chance: random.Random, number: int, offset: int) -> Incoming:
    changes = tuple(Change(state="up", since=START - timedelta(seconds=50 - n)) for n in range(50))
    fake = HealthReport(
        kind=SubjectKind.CAMERA,
        id=f"camera-{number % 20}",
        reader_id=HOSTILE,
        gate_ids=(),
        at=START - timedelta(seconds=chance.random()),
        changes=changes,
    )
    return message(encode_health(fake), offset, HEALTH_TOPIC)


def _image(chance: random.Random, number: int, offset: int) -> Incoming:
    data = picture(number, 300)
    sent = image_message(make_transit(number % 500), ImageRole.PLATE, data, offset)
    headers = {**sent.headers, "gate_id": chance.choice((b"../x", b"gate-1", b"\xff"))}
    return replace(sent, headers=headers, value=data[: chance.choice((300, 200))])


def _noise(chance: random.Random, _: int, offset: int) -> Incoming:
    topic = chance.choice(("anpr.transits", IMAGES_TOPIC, HEALTH_TOPIC, "anpr.other"))
    return replace(message(chance.randbytes(chance.randrange(300)), offset, topic), key=chance.randbytes(20))


ATTACKS: list[Attack] = [
    _old_day, _future, _forged_id, _same_id, _huge, _as_somebody_else, _report, _image, _noise,
]  # fmt: skip


def _hostile_records(chance: random.Random, number: int) -> Iterator[Incoming]:
    for offset in range(number):
        yield chance.choice(ATTACKS)(chance, offset, offset)


@pytest.mark.parametrize("seed", range(3))
def test_amid_hostile_batches_of_one_reader_each_transit_of_another_is_stored_and_alarmed_in_its_batch(
    database: Database, centre: Centre, clock: ManualClock, seed: int
) -> None:
    chance = random.Random(seed)
    with database.transaction() as conn:  # an unknown unknown: something that only the database refuses
        conn.execute("ALTER TABLE transits ADD CHECK (plate NOT LIKE 'AA00%' OR reader_id <> 'reader-a')")
    listed = [plate_of(100_000 + n) for n in range(8)]
    with database.transaction() as conn:
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="stolen") for plate in listed])
    stop, size = threading.Event(), 250
    for number, plate in enumerate(listed):
        records = [replace(each, offset=each.offset + 1_000 * number) for each in _hostile_records(chance, size - 1)]
        at = START - timedelta(minutes=number)
        good = make_transit(100_000 + number, reader_id=HONEST, gate_id="gate-b", captured_at=at, plate=plate)
        records.insert(chance.randrange(size), transit_message(good, 1_000 * number + 999))
        source = ListSource(records)
        consumer = Consumer(source=source, centre=centre, settings=IngestSettings(batch_size=size), clock=clock)
        assert consumer.step(stop)
        assert source.committed == size, "the batch is over, whatever was in it"
        with centre.database.transaction() as conn:
            alarms = [alarm.vehicle for alarm in list_alarms(conn)]
        assert alarms.count(plate) == 1, "after its own batch, not after later ones"
        clock.advance(1)
    with centre.database.transaction() as conn:
        parked = {one.sender for one in parked_senders(conn, clock.now())}
        days = list_partitions(conn, "transits")
    assert f"reader/{HOSTILE}" in parked
    assert len(days) <= 9


def test_a_day_that_cannot_be_dropped_now_keeps_no_other_one(database: Database) -> None:
    """Each is dropped in a transaction of its own: thousands in one are more locks than a server has."""
    days = [START.date() - timedelta(days=10 + n) for n in range(3)]
    make_days(database, days)
    with database.connect() as reader:
        reader.execute(f"SELECT * FROM images_{days[0]:%Y%m%d}_site".encode())  # the last one: locked by a long search
        with pytest.raises(StoreError, match="lock timeout"):
            drop_partitions(database, START.date())
        with database.transaction() as conn:
            assert list_partitions(conn, "transits") == []
            assert list_partitions(conn, "images") == [days[0]]
    drop_partitions(database, START.date())
    with database.transaction() as conn:
        assert list_partitions(conn, "images") == []


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("22P02", StoreFault.DATA),
        ("23514", StoreFault.DATA),
        ("53200", StoreFault.BATCH),
        ("54000", StoreFault.BATCH),
        ("57014", StoreFault.BATCH),
        ("XX000", StoreFault.BATCH),
        ("53100", StoreFault.WAIT),
        ("53300", StoreFault.WAIT),
        ("57P01", StoreFault.WAIT),
        ("40P01", StoreFault.WAIT),
        ("42P01", StoreFault.WAIT),
    ],
)
def test_errors_of_the_database_are_of_three_kinds(database: Database, state: str, fault: StoreFault) -> None:
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(StoreError) as caught, database.transaction() as conn:
        conn.execute(raising.encode())
    assert caught.value.fault is fault


def test_a_long_transaction_is_cancelled_seconds_after_ingest_was_told_to_stop(
    database: Database, clock: ManualClock
) -> None:
    started, stop = threading.Event(), threading.Event()
    failures: list[StoreError] = []

    def work() -> None:
        try:
            with database.transaction() as conn:
                started.set()
                conn.execute("SELECT pg_sleep(600)")
        except StoreError as exc:
            failures.append(exc)

    with cancelling(database, clock, stop):
        thread = threading.Thread(target=work)
        thread.start()
        assert started.wait(60)
        stop.set()
        thread.join(60)
    assert "canceling statement" in str(failures[0])
    assert clock.monotonic() >= PATIENCE_S
    assert database.cancel_running() == 0
