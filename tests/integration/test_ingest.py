# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ingest into a real PostgreSQL: once, whatever comes twice, late, broken or while the database is away."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import psycopg.conninfo
import pytest

import anpr.store.database.connection
from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.errors import PoisonReason, TransportError
from anpr.domain.transit import ImageRole, Transit
from anpr.domain.watchlist import Priority, Watchlist
from anpr.ingest.consume import Consumer
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import IngestSettings
from anpr.store.alarms.rows import list_alarms
from anpr.store.database.connection import Database
from anpr.store.dead_letters import list_dead_letters
from anpr.store.images.image_store import ImageStore, stored_roles
from anpr.store.transits.rows import get_transit
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.transport.source import Incoming, Source
from scripts.lab.transits import make_transit, picture, plate_of, with_images
from tests.support.set_clock import SetClock
from tests.support.sources import ListSource, image_message, message, transit_message

WATCHLIST = Watchlist(id="stolen", name="Rubati", priority=Priority.HIGH, purpose="test", legal_basis="test")


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "images")


@pytest.fixture
def centre(ingest_database: Database, images: ImageStore) -> Centre:
    return Centre(database=ingest_database, images=images)


def consume(centre: Centre, source: Source, clock: ManualClock, **settings: Any) -> Consumer:
    """Everything the source has."""
    consumer = Consumer(source=source, centre=centre, settings=IngestSettings(**settings), clock=clock)
    while consumer.step(threading.Event()):
        pass
    return consumer


def count(database: Database, table: str) -> int:
    with database.transaction() as conn:
        row = conn.execute(f"SELECT count(*) AS count FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row["count"])


def transit_messages(numbers: Sequence[int], first_offset: int = 0) -> list[Incoming]:
    return [transit_message(make_transit(number), offset) for offset, number in enumerate(numbers, first_offset)]


def add_to_watchlist(database: Database, *plates: str) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, WATCHLIST)
        import_entries(conn, WATCHLIST.id, [NewEntry(plate=plate, reason="test") for plate in plates])


def pass_with_pictures(number: int) -> tuple[Transit, dict[ImageRole, bytes]]:
    content = {ImageRole.PLATE: picture(number, 2_000), ImageRole.CONTEXT: picture(-number, 9_000)}
    return with_images(make_transit(number), content)


def test_a_transit_and_its_pictures_are_stored(centre: Centre, clock: ManualClock) -> None:
    transit, pictures = pass_with_pictures(1)
    records = [transit_message(transit, 0)]
    records += [image_message(transit, role, data, offset) for offset, (role, data) in enumerate(pictures.items(), 1)]
    source = ListSource(records)
    summary = consume(centre, source, clock).summary
    assert (summary.transits, summary.images, summary.poison) == (1, 2, 0)
    assert source.committed == 3
    with centre.database.transaction() as conn:
        stored = get_transit(conn, transit.id)
        assert stored is not None
        assert (stored.transit, stored.received_at) == (transit, clock.now())
        assert stored_roles(conn, transit) == set(pictures)
    for role, data in pictures.items():
        assert centre.images.find(transit, role) == data


def test_pictures_may_come_before_their_transit(centre: Centre, clock: ManualClock) -> None:
    transit, pictures = pass_with_pictures(1)
    records = [image_message(transit, role, data, offset) for offset, (role, data) in enumerate(pictures.items())]
    consume(centre, ListSource(records), clock)
    with centre.database.transaction() as conn:
        assert get_transit(conn, transit.id) is None
        assert stored_roles(conn, transit) == set(pictures)
    consume(centre, ListSource([transit_message(transit, 9)]), clock)
    with centre.database.transaction() as conn:
        assert get_transit(conn, transit.id) is not None


def test_a_batch_that_comes_again_changes_nothing(database: Database, centre: Centre, clock: ManualClock) -> None:
    add_to_watchlist(database, plate_of(3))
    transit, pictures = pass_with_pictures(3)
    records = [*transit_messages(range(3)), transit_message(transit, 3)]
    records += [image_message(transit, role, data, offset) for offset, (role, data) in enumerate(pictures.items(), 4)]
    records.append(message(b"garbage", 6))
    first = consume(centre, ListSource(records), clock).summary
    before = {table: count(centre.database, table) for table in ("transits", "images", "alarms", "dead_letters")}
    assert before == {"transits": 4, "images": 2, "alarms": 1, "dead_letters": 1}
    clock.advance(60)
    second = consume(centre, ListSource([*records, *records]), clock).summary
    after = {table: count(centre.database, table) for table in before}
    assert after == before
    assert (first.transits, first.duplicates, second.transits, second.duplicates) == (4, 0, 0, 8)
    assert (second.images, second.alarms) == (0, 0)


def test_what_is_new_in_the_midst_of_a_replay_is_stored_and_matched(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    add_to_watchlist(database, plate_of(7))
    consume(centre, ListSource(transit_messages(range(4))), clock)
    again = [*transit_messages([0, 1, 2, 3]), *transit_messages([2, 7, 3], 4), *transit_messages([7, 8], 7)]
    summary = consume(centre, ListSource(again), clock, batch_size=3).summary
    assert (summary.transits, summary.duplicates, summary.alarms) == (2, 7, 1)
    assert count(centre.database, "transits") == 6


def test_a_listed_plate_raises_one_alarm_that_is_notified(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    add_to_watchlist(database, plate_of(2))
    before = REGISTRY.get_sample_value("anpr_alarms_total", {"watchlist": WATCHLIST.id}) or 0.0
    with centre.database.connect(autocommit=True) as listener:
        listener.execute("LISTEN anpr_alarm")
        consume(centre, ListSource(transit_messages(range(5))), clock)
        notified = [note.payload for note in listener.notifies(timeout=120, stop_after=1)]
    with centre.database.transaction() as conn:
        (alarm,) = list_alarms(conn)
    assert alarm.vehicle == make_transit(2).plate
    assert notified == [str(alarm.id)]
    assert REGISTRY.get_sample_value("anpr_alarms_total", {"watchlist": WATCHLIST.id}) == before + 1


class NeverCommits(ListSource):
    """The process is killed after the database's commit and before the source's."""

    def commit(self, records: Sequence[Incoming]) -> None:  # noqa: ARG002
        raise KeyboardInterrupt


def test_a_kill_between_the_two_commits_doubles_nothing(database: Database, centre: Centre, clock: ManualClock) -> None:
    add_to_watchlist(database, plate_of(1))
    source = NeverCommits([*transit_messages(range(5)), message(b"garbage", 5)])
    with pytest.raises(KeyboardInterrupt):
        consume(centre, source, clock)
    assert count(centre.database, "transits") == 5
    again = source.reopen()
    consume(centre, again, clock)
    assert again.committed == 6
    counts = {table: count(centre.database, table) for table in ("transits", "alarms", "dead_letters")}
    assert counts == {"transits": 5, "alarms": 1, "dead_letters": 1}


def test_a_failure_within_the_transaction_leaves_nothing(
    database: Database, centre: Centre, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_to_watchlist(database, plate_of(1))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("anpr.ingest.store_batch.raise_alarms", killed)
    source = ListSource(transit_messages(range(5)))
    with pytest.raises(KeyboardInterrupt):
        consume(centre, source, clock)
    assert (count(centre.database, "transits"), source.committed) == (0, 0)


def test_a_refused_message_is_set_apart_and_the_rest_goes_on(centre: Centre, clock: ManualClock) -> None:
    labels = {"topic": TRANSITS_TOPIC, "reason": "not-json"}
    before = REGISTRY.get_sample_value("anpr_poison_total", labels) or 0.0
    transit, pictures = pass_with_pictures(7)
    broken = image_message(transit, ImageRole.PLATE, pictures[ImageRole.PLATE], 4)
    late = make_transit(8, captured_at=clock.now() + timedelta(days=3), last_seen=clock.now() + timedelta(days=3))
    records = [
        message(b"{", 0),
        transit_message(make_transit(1), 1),
        message(encode_transit(make_transit(2)).replace(b'"version":1', b'"version":9'), 2),
        message(encode_transit(make_transit(3)).replace(b"AA003AA", b"AA\\u0000"), 3),
        replace(broken, value=broken.value[:-100]),
        message(b"x", 5, topic="anpr.unknown"),
        transit_message(late, 6),
        transit_message(make_transit(9), 7),
    ]
    source = ListSource(records)
    summary = consume(centre, source, clock).summary
    assert (summary.transits, summary.poison, source.committed) == (2, 6, 8)
    with centre.database.transaction() as conn:
        letters = sorted(list_dead_letters(conn), key=lambda letter: letter.offset)
    assert [(letter.topic, letter.partition, letter.offset, letter.reason) for letter in letters] == [
        (TRANSITS_TOPIC, 0, 0, PoisonReason.NOT_JSON),
        (TRANSITS_TOPIC, 0, 2, PoisonReason.UNKNOWN_VERSION),
        (TRANSITS_TOPIC, 0, 3, PoisonReason.WRONG_SHAPE),
        (IMAGES_TOPIC, 0, 4, PoisonReason.WRONG_DIGEST),
        ("anpr.unknown", 0, 5, PoisonReason.UNKNOWN_TOPIC),
        (TRANSITS_TOPIC, 0, 6, PoisonReason.WRONG_TIME),
    ]
    assert letters[0].value == b"{"
    assert REGISTRY.get_sample_value("anpr_poison_total", labels) == before + 1


def test_what_only_the_database_refuses_is_set_apart_alone(
    database: Database, centre: Centre, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        conn.execute("ALTER TABLE transits ADD CHECK (plate <> 'AA002AA')")
    source = ListSource(transit_messages(range(5)))
    summary = consume(centre, source, clock).summary
    assert (summary.transits, summary.poison, source.committed) == (4, 1, 5)
    with centre.database.transaction() as conn:
        (letter,) = list_dead_letters(conn)
    assert (letter.offset, letter.reason) == (2, PoisonReason.NOT_STORABLE)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_picture_that_its_transit_does_not_name_takes_no_place(
    centre: Centre, clock: ManualClock, is_first: bool
) -> None:
    """Also one that comes before its transit; after it, it is set apart."""
    transit, pictures = pass_with_pictures(1)
    genuine, forged = pictures[ImageRole.PLATE], picture(99, 2_000)
    elsewhere = replace(image_message(transit, ImageRole.PLATE, genuine, 4), offset=5)
    messages = [
        transit_message(transit, 0),
        image_message(transit, ImageRole.PLATE, forged, 1),
        image_message(transit, ImageRole.PLATE, genuine, 2),
        image_message(transit, ImageRole.PLATE, forged, 3),
        replace(elsewhere, headers={**elsewhere.headers, "gate_id": b"gate-2"}),
    ]
    if is_first:
        messages = [*messages[1:4], messages[0], *messages[4:]]
    consume(centre, ListSource(messages), clock, batch_size=1)
    with centre.database.transaction() as conn:
        letters = [(letter.offset, letter.reason) for letter in list_dead_letters(conn)]
        assert stored_roles(conn, transit) == {ImageRole.PLATE}
    assert sorted(letters) == [(n, PoisonReason.WRONG_DIGEST) for n in ([5] if is_first else [1, 3, 5])]
    assert centre.images.find(transit, ImageRole.PLATE) == genuine


def test_the_process_never_ends_because_of_poison(centre: Centre, clock: ManualClock) -> None:
    records = [*(message(b"garbage", number) for number in range(500)), transit_message(make_transit(1), 500)]
    source = ListSource(records)
    summary = consume(centre, source, clock, batch_size=50, park_after=5).summary
    assert (summary.transits, summary.poison, source.committed) == (1, 500, 501)


class OutageClock(ManualClock):
    """Calls `at_wait` at each wait: a test's way to let something happen while ingest waits."""

    at_wait: Callable[[], None] = staticmethod(lambda: None)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.at_wait()
        return super().wait(event, seconds)


@pytest.fixture
def outage_clock(clock: ManualClock) -> OutageClock:
    return OutageClock(clock.now())


def refuse_connections(postgres_url: str, database: Database, refuse: bool) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database._url)["dbname"]
    with psycopg.connect(postgres_url, autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {'false' if refuse else 'true'}".encode())
        if refuse:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))


def test_a_database_that_is_away_is_waited_for(
    database_url: str,
    postgres_url: str,
    images: ImageStore,
    outage_clock: OutageClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anpr.store.database.connection, "CONNECT_TIMEOUT_S", 1)
    source = ListSource(transit_messages(range(20)))
    waits: list[int] = []
    with Database(database_url, pool_size=2, application="tests") as database:

        def come_back() -> None:
            waits.append(source.committed)
            if len(waits) == 3:
                refuse_connections(postgres_url, database, False)

        outage_clock.at_wait = come_back
        refuse_connections(postgres_url, database, True)
        consumer = consume(Centre(database=database, images=images), source, outage_clock, batch_size=10)
        assert (consumer.summary.transits, source.committed) == (20, 20)
        assert count(database, "transits") == 20
    assert len(waits) >= 3
    assert waits[:3] == [0, 0, 0]


def test_told_to_stop_while_the_database_is_away_it_stops_and_commits_nothing(
    database_url: str,
    postgres_url: str,
    images: ImageStore,
    outage_clock: OutageClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(anpr.store.database.connection, "CONNECT_TIMEOUT_S", 1)
    source = ListSource(transit_messages(range(5)))
    stop = threading.Event()
    outage_clock.at_wait = stop.set
    with Database(database_url, pool_size=2, application="tests") as database:
        refuse_connections(postgres_url, database, True)
        centre = Centre(database=database, images=images)
        Consumer(source=source, centre=centre, settings=IngestSettings(), clock=outage_clock).run(stop)
        refuse_connections(postgres_url, database, False)
    assert source.committed == 0


class FlakySource(ListSource):
    """Fails at every second call, as a broker that comes and goes."""

    calls = 0

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:
        self._fail()
        return super().poll(max_records, timeout_s)

    def commit(self, records: Sequence[Incoming]) -> None:
        self._fail()
        super().commit(records)

    def _fail(self) -> None:
        self.calls += 1
        if self.calls % 2:
            raise TransportError("the broker is away")


def test_a_broker_that_comes_and_goes_is_waited_for(centre: Centre, clock: ManualClock) -> None:
    source = FlakySource(transit_messages(range(10)))
    consume(centre, source, clock, batch_size=3)
    assert (count(centre.database, "transits"), source.committed) == (10, 10)


class RefusingSource(ListSource):
    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:  # noqa: ARG002
        raise TransportError("wrong password", permanent=True)


def test_a_broker_that_refuses_for_good_ends_it(centre: Centre, clock: ManualClock) -> None:
    with pytest.raises(TransportError, match="wrong password"):
        consume(centre, RefusingSource([]), clock)


def test_two_thousand_broken_messages_never_stop_it_and_lose_no_good_one(centre: Centre, clock: ManualClock) -> None:
    chance = random.Random(20261121)
    records: list[Incoming] = []
    for number in range(2_000):
        records.append(garbage(chance, number, len(records)))
        if number % 10 == 0:
            records.append(transit_message(make_transit(number), len(records)))
    source = ListSource(records)
    clock.advance(4 * 3600)
    consumer = consume(centre, source, clock, dead_letters_per_reader=10_000, dead_letter_mb_per_reader=1_000)
    assert source.committed == len(records) == 2_200
    with centre.database.transaction() as conn:
        assert all(get_transit(conn, make_transit(number).id) for number in range(0, 2_000, 10))
    summary = consumer.summary
    assert summary.transits + summary.duplicates + summary.images + summary.poison == 2_200
    assert count(centre.database, "dead_letters") == summary.poison > 1_500


def garbage(chance: random.Random, number: int, offset: int) -> Incoming:
    """A message somebody might send by mistake or on purpose: cut, flipped, hostile, of another kind."""
    transit, pictures = pass_with_pictures(10_000 + number)
    good = encode_transit(transit)
    cut = chance.randrange(len(good))
    flipped = bytearray(good)
    flipped[cut] ^= 1 << chance.randrange(8)
    image = image_message(transit, ImageRole.PLATE, pictures[ImageRole.PLATE], offset)
    return chance.choice(
        [
            message(good[:cut], offset),
            message(bytes(flipped), offset),
            message(good[:cut] + chance.randbytes(20) + good[cut:], offset),
            message(chance.randbytes(chance.randrange(200)), offset),
            message(b"[" * chance.choice([10, 60_000]), offset),
            message(b'{"version":1,"id":' + b"9" * 50_000 + b"}", offset),
            message(good.replace(b"2026-11-21", chance.choice([b"0001-01-01", b"9999-12-31", b"2026-02-30"])), offset),
            message(good.replace(b'"I"', chance.choice([b'"\\u0000"', b'"\\ud800"', b"{}", b"1e999"])), offset),
            message(good.replace(b'"gate-1"', b'"../../etc"'), offset),
            message(good, offset, topic="anpr.unknown"),
            replace(image, value=image.value[: chance.randrange(len(image.value))]),
            replace(image, headers={**image.headers, "gate_id": b"../" * 20}),
            replace(image, headers={name: chance.randbytes(8) for name in image.headers}),
            message(image.value, offset, IMAGES_TOPIC),
            message(b"", offset, chance.choice([TRANSITS_TOPIC, IMAGES_TOPIC])),
        ]
    )


@pytest.mark.parametrize("ahead", [timedelta(days=30), -timedelta(days=1)])
def test_a_centre_whose_clock_is_set_refuses_nothing_that_was_in_order(
    centre: Centre, database: Database, clock: ManualClock, ahead: timedelta
) -> None:
    set_clock = SetClock(clock.now())
    add_to_watchlist(database, plate_of(1))
    source = ListSource(transit_messages(range(2)))
    consumer = Consumer(source=source, centre=centre, settings=IngestSettings(), clock=set_clock)
    set_clock.ahead = ahead
    while consumer.step(threading.Event()):
        pass
    assert (consumer.summary.transits, consumer.summary.poison) == (2, 0)
    with centre.database.transaction() as conn:
        assert [row["retro"] for row in conn.execute("SELECT retro FROM alarms")] == [False], "a live one"


def test_a_consumer_asks_before_each_poll_and_tells_what_it_gave(centre: Centre, clock: ManualClock) -> None:
    told: list[int | str] = []
    source = ListSource(transit_messages(range(3)))
    consumer = Consumer(
        source=source, centre=centre, settings=IngestSettings(batch_size=2), clock=clock,
        before_poll=lambda _: told.append("before"), polled=told.append,
    )  # fmt: skip
    while consumer.step(threading.Event()):
        pass
    assert told == ["before", 2, "before", 1, "before", 0]
