# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits in a real PostgreSQL: stored once, found again."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from anpr.contract.image import image_header
from anpr.domain.errors import InputError, StoreError
from anpr.domain.gate import Direction
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from anpr.domain.transit_id import capture_window
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import ensure_partitions_ahead, list_partitions
from anpr.store.database.queries import load_queries
from anpr.store.images.image_store import record_image
from anpr.store.transits.known_transits import Sorted, sort_out
from anpr.store.transits.rows import (
    TransitQuery,
    count_transits,
    get_transit,
    insert_transits,
    latest_transits,
    search_transits,
    transits_between,
)
from scripts.lab.transits import START, make_transit, uuid7_of

NOW = START + timedelta(hours=1)
DAY = timedelta(days=1)


def _insert(database: Database, *transits: Transit) -> set[UUID]:
    with database.transaction() as conn:
        return insert_transits(conn, transits, NOW)


def _plates(database: Database, query: TransitQuery) -> list[str]:
    with database.transaction() as conn:
        return [stored.transit.plate for stored in search_transits(conn, query)]


def test_a_transit_comes_back_as_it_went_in(database: Database) -> None:
    picture = ImageRef(role=ImageRole.PLATE, sha256="ab" * 32, size=4711)
    full = make_transit(1, direction=Direction.RECEDING, images=(picture,), raw="aa oolAA", confidence=0.1 + 0.2)
    bare = make_transit(2, country=None, lane=None, candidates=())
    assert _insert(database, full, bare) == {full.id, bare.id}
    with database.transaction() as conn:
        for transit in (full, bare):
            stored = get_transit(conn, transit.id)
            assert stored is not None
            assert stored.transit == transit
            assert stored.received_at == NOW
        assert get_transit(conn, make_transit(3).id) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"plate": "ÄÖÜ16CHARACTERS1", "raw": 'a "q" \\ é 🚗', "lane": "corsìa 1"},
        {"candidates": tuple(Candidate(text='"\\é', probability=p) for p in (1.0, 0.0, 1e-300, 0.1 + 0.2))},
        {"box": Box(x=-1e5, y=1e-9, w=1e5, h=0.1), "reads": 1_000_000, "confidence": 0.0},
        {
            "first_seen": START.replace(microsecond=999_999),
            "last_seen": START.astimezone(timezone(timedelta(hours=-3))),
        },
        {"captured_at": (START - timedelta(days=3650)).replace(microsecond=1)},
    ],
    ids=str,
)
def test_whatever_the_contract_allows_comes_back_as_it_went_in(database: Database, changes: dict[str, Any]) -> None:
    transit = make_transit(1, **changes)
    assert _insert(database, transit) == {transit.id}
    with database.transaction() as conn:
        stored = get_transit(conn, transit.id)
    assert stored is not None
    assert stored.transit == transit


def test_a_batch_of_known_and_new_ones_says_which_were_new(database: Database) -> None:
    known, new = [make_transit(n) for n in range(3)], [make_transit(n) for n in range(3, 6)]
    assert _insert(database, *known) == {t.id for t in known}
    assert _insert(database, *known, *new, new[0]) == {t.id for t in new}
    assert _insert(database, *known, *new) == set()


def test_what_is_sent_again_is_stored_once(database: Database) -> None:
    first, second = make_transit(1), make_transit(2)
    assert _insert(database, first) == {first.id}
    assert _insert(database, first, second, second) == {second.id}
    assert _insert(database, second, first) == set()
    assert _insert(database) == set()
    with database.transaction() as conn:
        assert count_transits(conn, START, START + DAY) == 2


def test_a_copy_is_known_and_another_under_its_id_is_told(database: Database) -> None:
    ref = ImageRef(role=ImageRole.PLATE, sha256="ab" * 32, size=9)
    stored = [make_transit(n, images=(ref,), raw="é", direction=Direction.APPROACHING) for n in range(1, 4)]
    _insert(database, *stored)
    new = make_transit(4)
    others = [
        replace(stored[0], captured_at=stored[0].captured_at + timedelta(minutes=30)),
        replace(stored[0], plate="QQ222QQ"),
        replace(stored[0], gate_id="gate-2"),
        replace(stored[0], images=(replace(ref, sha256="cd" * 32),)),
        replace(new, plate="QQ222QQ"),
    ]
    with database.transaction() as conn:
        found = sort_out(conn, [new, *stored, new, *others])
        assert (found.new, found.other) == ([new], {5, 6, 7, 8, 9})
        assert sort_out(conn, stored) == Sorted()
        assert sort_out(conn, []) == Sorted()


def test_a_transit_is_found_by_its_id_alone_in_the_day_that_the_id_tells(database: Database) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    moments = [midnight - timedelta(seconds=1), midnight, midnight - 3 * DAY]
    stored = [make_transit(n, captured_at=moment) for n, moment in enumerate(moments)]
    made_late = make_transit(9, captured_at=midnight - timedelta(minutes=20), id=uuid7_of(midnight, 9))
    _insert(database, *stored, made_late)
    with database.transaction() as conn:
        for transit in (*stored, made_late):
            found = get_transit(conn, transit.id)
            assert found is not None
            assert found.transit == transit
        for other in (UUID(int=0), uuid4(), UUID(int=(1 << 128) - 1), UUID("ffffffff-ffff-7fff-bfff-ffffffffffff")):
            assert get_transit(conn, other) is None
        plan = "".join(str(row) for row in conn.execute(
            "EXPLAIN SELECT * FROM transits WHERE id = %s AND captured_at >= %s AND captured_at <= %s",
            (stored[2].id, *(capture_window(stored[2].id) or ())),
        ))  # fmt: skip
    assert "transits_20261118" in plan
    assert "transits_20261121" not in plan


def test_two_batches_in_one_transaction_do_not_mix(database: Database) -> None:
    with database.transaction() as conn:
        assert insert_transits(conn, [make_transit(1)], NOW) == {make_transit(1).id}
        assert insert_transits(conn, [make_transit(2)], NOW + DAY) == {make_transit(2).id}
        stored = [get_transit(conn, make_transit(n).id) for n in (1, 2)]
    assert [s.received_at for s in stored if s] == [NOW, NOW + DAY]


def test_a_column_added_by_a_later_version_does_not_stop_this_one(database_url: str) -> None:
    with Database(database_url, pool_size=1) as database:
        for _ in range(10):  # often enough for the driver to keep a plan, if it were let
            _insert(database, make_transit(1))
            with database.transaction() as conn:
                assert len(latest_transits(conn, 1)) == 1
        with psycopg.connect(database_url) as migrator:
            migrator.execute("ALTER TABLE transits ADD COLUMN speed_kmh integer")
        assert _insert(database, make_transit(1), make_transit(2)) == {make_transit(2).id}
        with database.transaction() as conn:
            assert [s.transit for s in latest_transits(conn, 1)] == [make_transit(2)]


def test_nothing_is_stored_when_the_transaction_fails(database: Database) -> None:
    def insert_and_fail() -> None:
        with database.transaction() as conn:
            insert_transits(conn, [make_transit(1)], NOW)
            raise RuntimeError("something later in the same transaction")

    with pytest.raises(RuntimeError, match="later"):
        insert_and_fail()
    with database.transaction() as conn:
        assert get_transit(conn, make_transit(1).id) is None


def test_days_are_made_on_demand_for_what_arrives_late_and_ahead(database: Database) -> None:
    late = make_transit(1, captured_at=datetime(2026, 10, 25, 0, 0, tzinfo=UTC))
    _insert(database, late, make_transit(2))
    with database.transaction() as conn:
        assert list_partitions(conn, "transits") == [date(2026, 10, 25), date(2026, 11, 21)]
        assert ensure_partitions_ahead(conn, NOW, days=2) == 2 + 3  # transits has today's already, images none
        assert ensure_partitions_ahead(conn, NOW, days=2) == 0
        assert list_partitions(conn, "transits")[-1] == date(2026, 11, 23)


@pytest.mark.parametrize("captured_at", [datetime(1970, 1, 1, tzinfo=UTC), NOW + 3 * DAY])
def test_a_clock_that_is_years_off_makes_no_day(database: Database, captured_at: datetime) -> None:
    wrong = make_transit(1, captured_at=captured_at)
    with pytest.raises(InputError, match=f"transit {wrong.id} of camera cam-1: captured at"):
        _insert(database, make_transit(2), wrong)
    with database.transaction() as conn:
        assert list_partitions(conn, "transits") == []


def test_the_last_moment_of_a_day_and_the_first_of_the_next_are_found(database: Database) -> None:
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    before, at = (
        make_transit(1, captured_at=midnight - timedelta(microseconds=1)),
        make_transit(2, captured_at=midnight),
    )
    _insert(database, before, at)
    with database.transaction() as conn:
        assert [s.transit for s in transits_between(conn, midnight - DAY, midnight)] == [before]
        assert [s.transit for s in transits_between(conn, midnight, midnight + DAY)] == [at]


def test_the_latest_are_the_newest_by_capture(database: Database) -> None:
    _insert(database, *(make_transit(n, gate_id=f"gate-{n % 2}") for n in (5, 1, 4, 2, 3)))
    with database.transaction() as conn:
        assert [s.transit.id for s in latest_transits(conn, 2)] == [make_transit(5).id, make_transit(4).id]
        of_one_gate = [s.transit for s in latest_transits(conn, 10, gate_ids=["gate-0"])]
        assert [t.id for t in of_one_gate] == [make_transit(4).id, make_transit(2).id]
        assert latest_transits(conn, 10, gate_ids=[]) == []


def test_all_transits_of_a_time_are_paged_through_in_order(database: Database) -> None:
    moment = START + timedelta(seconds=3)
    transits = [make_transit(n, captured_at=moment if 2 < n < 7 else make_transit(n).captured_at) for n in range(10)]
    _insert(database, *transits)
    with database.transaction() as conn:
        found = [s.transit for s in transits_between(conn, START, START + DAY, page=3)]
        assert found == sorted(transits, key=lambda t: (t.captured_at, t.id))
        assert list(transits_between(conn, START, START + DAY, gate_ids=["elsewhere"])) == []


SEARCHED = {1: "AB123CD", 2: "AB128CD", 3: "A8I23CO", 4: "ZZ123CD", 5: "AB123CD", 6: "ABC", 7: "ÄB123CD"}


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (TransitQuery(pattern="ab 123 cd"), [5, 1]),
        (TransitQuery(pattern="AB123CD", look_alike=True), [7, 5, 3, 1]),
        (TransitQuery(pattern="AB12?CD"), [5, 2, 1]),
        (TransitQuery(pattern="*123C*"), [7, 5, 4, 1]),
        (TransitQuery(pattern="AB*"), [6, 5, 2, 1]),
        (TransitQuery(pattern="A?C"), [6]),
        (TransitQuery(pattern="*I23*"), [3]),
        (TransitQuery(pattern="?B1?3*", look_alike=True), [7, 5, 3, 1]),
        (TransitQuery(pattern="AB123CD", since=START + timedelta(seconds=5)), [5]),
        (TransitQuery(pattern="AB123CD", until=START + timedelta(seconds=5)), [1]),
        (TransitQuery(pattern="AB*", since=START + timedelta(seconds=2), until=START + timedelta(seconds=6)), [5, 2]),
        (TransitQuery(pattern="AB*", gate_ids=("gate-1",)), [5, 1]),
        (TransitQuery(pattern="AB*", gate_ids=("gate-0", "gate-1"), limit=2), [6, 5]),
        (TransitQuery(pattern="XX123XX"), []),
    ],
)
def test_searches_find_what_they_ask_newest_first(database: Database, query: TransitQuery, numbers: list[int]) -> None:
    _insert(database, *(make_transit(n, plate=plate, gate_id=f"gate-{n % 2}") for n, plate in SEARCHED.items()))
    assert _plates(database, query) == [SEARCHED[n] for n in numbers]


def test_a_pattern_that_cannot_be_searched_is_refused(database: Database) -> None:
    with pytest.raises(InputError, match="at least 2"):
        _plates(database, TransitQuery(pattern="A*"))


def test_two_inserters_with_the_same_plates_and_new_days_never_lock_each_other(database: Database) -> None:
    """Both send overlapping batches in opposite order, each batch with days that are not there yet."""
    start = threading.Barrier(2)

    def send(reverse: bool) -> int:
        stored = 0
        for n in range(12):
            batch = [
                make_transit(n * 40 + i, plate=f"AA{i:03d}AA", captured_at=START - DAY * (2 * n + i % 2))
                for i in range(40)
            ]
            start.wait(240)
            stored += len(_insert(database, *(reversed(batch) if reverse else batch)))
        return stored

    with ThreadPoolExecutor(2) as pool:
        stored = list(pool.map(send, [False, True]))
    assert sum(stored) == 12 * 40
    with database.transaction() as conn:
        assert count_transits(conn, START - 30 * DAY, START + DAY) == 12 * 40
        assert conn.execute("SELECT count(*) AS n FROM plates").fetchone() == {"n": 40}


def test_one_who_makes_a_day_of_transits_and_one_who_makes_a_day_of_images_never_lock_each_other(
    database: Database,
) -> None:
    transit = make_transit(1)
    header = image_header(transit=transit, role=ImageRole.PLATE, data=b"jpeg")
    with database.transaction() as conn:
        ensure_partitions_ahead(conn, NOW, days=0)
        conn.execute("DROP TABLE images_20261121")
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as conn:
            insert_transits(conn, [transit], NOW)
            same_plate = make_transit(2, plate=transit.plate, captured_at=START - DAY)
            other = pool.submit(_insert, database, same_plate)
            with database.transaction() as watch:
                while not _somebody_waits_for_a_row(watch):
                    assert not other.done()
            assert record_image(conn, header, 4)
        assert other.result(30) == {same_plate.id}


def _somebody_waits_for_a_row(conn: Connection) -> bool:
    row = conn.execute("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted")
    return row.fetchone() != {"n": 0}


def test_a_day_that_is_made_does_not_stop_readers_and_writers(database: Database) -> None:
    _insert(database, make_transit(1))
    with database.transaction() as maker:
        insert_transits(maker, [make_transit(2, captured_at=START - DAY)], NOW)
        # The maker's transaction is still open; a lock of the whole table would make these two wait for it.
        with database.transaction() as other:
            other.execute("SET LOCAL lock_timeout = '2s'")
            assert insert_transits(other, [make_transit(3)], NOW) == {make_transit(3).id}
            assert len(latest_transits(other, 10)) == 2


def _plan(conn: Connection, name: str, values: dict[str, object], noun: str = "transits") -> str:
    statement = load_queries(noun)[name]
    rows = conn.execute(b"EXPLAIN (COSTS OFF) " + statement, values).fetchall()
    return "\n".join(row["QUERY PLAN"] for row in rows)


def _plan_within(conn: Connection, function: str, **arguments: str) -> str:
    """The plan of what a function of one statement asks, with these arguments in place of their names."""
    row = conn.execute("SELECT prosrc AS text FROM pg_proc WHERE proname = %s", [function]).fetchone()
    assert row is not None
    text = str(row["text"])
    for name, value in arguments.items():
        text = re.sub(rf"\b{name}\b", f"'{value}'", text)
    rows = conn.execute(f"EXPLAIN (COSTS OFF) {text}".encode()).fetchall()
    return "\n".join(each["QUERY PLAN"] for each in rows)


@pytest.fixture(scope="module")
def many_transits() -> list[Transit]:
    return [make_transit(n, gate_id=f"gate-{n % 50}", camera_id=f"cam-{n % 100}") for n in range(20_000)]


def test_searches_go_by_index(database: Database, many_transits: list[Transit]) -> None:
    moments = [START - DAY * (n % 3) + timedelta(milliseconds=n) for n in range(len(many_transits))]
    _insert(database, *(replace(t, captured_at=at) for t, at in zip(many_transits, moments, strict=True)))
    values = {"since": START - DAY, "until": None, "gate_ids": None, "limit": 200, "offset": 0, "received_until": None}
    with database.transaction() as conn:
        conn.execute("ANALYZE")
        plan = _plan(conn, "search_exact", {**values, "text": "BA123AA"})
        assert "transits_20261121_site_plate_captured_at_idx" in plan
        assert "transits_20261119" not in plan, "days before `since` are not even opened"
        assert "Seq Scan" not in plan
        plan = _plan(conn, "search_look_alike_exact", {**values, "folded": "8A123AA"})
        assert "plates_look_alike" in _plan_within(conn, "look_alikes_of", folded="8A123AA")
        assert "transits_20261121_site_plate_captured_at_idx" in plan
        assert "Seq Scan" not in plan
        plan = _plan(conn, "search_wildcard", {**values, "text": "BA12_A%", "folded": "8A12_A%"})
        assert "transits_20261121_site_plate_captured_at_idx" in plan
        within = _plan_within(conn, "plates_like", folded="8A12_A%", pattern="BA12_A%")
        assert "Seq Scan" not in within, within
        assert "Seq Scan" not in plan
        batch = {
            "ids": [each.id for each in many_transits[:4_000]],
            "since": START - DAY / 24,
            "until": START + DAY / 24,
        }
        plan = _plan(conn, "known", batch, "known")
        assert "transits_20261121_site_one_id" in plan
        assert "transits_20261120" not in plan, "days before the batch are not even opened"
        assert "Join" not in plan, "a join reads whole days"
        assert "Seq Scan" not in plan
        plan = _plan(conn, "latest", {"limit": 50})
        assert "Seq Scan" not in plan
        plan = _plan(conn, "get", {"id": make_transit(7).id, "since": START - DAY, "until": START})
        assert "transits_20261120_site_one_id" in plan
        assert "Seq Scan" not in plan
        # 20,000 plates are read through as fast as looked up; what matters is that the index can serve these patterns.
        for way in ("seqscan", "indexscan", "indexonlyscan"):
            conn.execute(f"SET LOCAL enable_{way} = off".encode())
        assert "plates_wildcard" in _plan_within(conn, "plates_like", folded="%A123A%", pattern="%A123A%")
        assert "plates_wildcard" in _plan_within(conn, "look_alikes_like", folded="%A123A%")


def test_a_transit_the_database_refuses_is_a_store_error_without_its_values(database: Database) -> None:
    strange = make_transit(1, raw="AB\0CD")
    with pytest.raises(StoreError) as caught:
        _insert(database, strange)
    assert str(caught.value).startswith("database: ")
    assert strange.plate not in str(caught.value)
    assert "\n" not in str(caught.value)
