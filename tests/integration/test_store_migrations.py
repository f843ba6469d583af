# SPDX-License-Identifier: AGPL-3.0-or-later
"""Migrations with data in the database: from every version there was, and under an ingest that goes on."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from anpr.domain.errors import StoreError, StoreFault
from anpr.domain.transit import ImageRole
from anpr.ingest.consume import Consumer
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.settings import IngestSettings
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Database
from anpr.store.database.migrate import Migration, migrate, read_migrations
from anpr.store.database.schema_diff import find_drift
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import TransitQuery, search_transits
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit, picture, plate_of, with_images
from tests.integration.old_schemas import alarm_rows, content, fill
from tests.support.sources import ListSource, image_message, message, transit_message

NEWEST = read_migrations()[-1].version
EARLIER = [each.version for each in read_migrations()[:-1]]
FULL_INGEST = 89
"""The first version in which this ingest can store all that it must."""
CASES = 43
"""The version in which a row of alarms became a sighting of an alarm."""
_NEXT = "ALTER TABLE images ADD COLUMN later text;"
WITH_NEXT = [
    *read_migrations(),
    Migration(version=NEWEST + 1, name="next", text=_NEXT, checksum=hashlib.sha256(_NEXT.encode()).hexdigest()),
]
"""And one more, so that this ingest always has one to go on under."""


def _migrated_to(url: str, version: int) -> None:
    migrate(url, [each for each in read_migrations() if each.version <= version])


def _consumer(database: Database, folder: Path, source: ListSource, **settings: Any) -> Consumer:
    clock = ManualClock(START + timedelta(hours=1))
    centre = Centre(database=database, images=ImageStore(folder))
    return Consumer(source=source, centre=centre, settings=IngestSettings(**settings), clock=clock)


@pytest.mark.parametrize("version", EARLIER)
def test_what_was_stored_by_any_version_is_all_there_after_it(
    empty_database_url: str, tmp_path: Path, version: int
) -> None:
    _migrated_to(empty_database_url, version)
    with psycopg.connect(empty_database_url, row_factory=dict_row, options="-c TimeZone=UTC") as conn:
        fill(conn)
        before = content(conn)
    if version == 1:
        del before["deliveries"]  # see old_schemas.py
    rows = before.pop("alarms") if version < CASES else None
    empty = {table for table, (_, rows, _) in before.items() if not rows}
    assert not empty, "a table that this test puts nothing into"
    assert [each.version for each in migrate(empty_database_url)] == [
        each for each in [*EARLIER, NEWEST] if each > version
    ]
    with Database(empty_database_url, pool_size=2) as database:
        with database.transaction() as conn:
            assert content(conn, before) == before
            assert rows is None or alarm_rows(conn, rows) == rows
            assert verify(conn).broken_at is None
        assert find_drift(database) == []
        _finds(database, "AA000AA", "AA001AA", "AA002AA")
        consumer = _consumer(database, tmp_path, ListSource([transit_message(make_transit(50), 0)]))
        assert consumer.step(threading.Event())
        assert (consumer.summary.transits, consumer.summary.alarms, consumer.problem) == (1, 1, None)
        _finds(database, "AA050AA")


def _raised(conn: psycopg.Connection[dict[str, Any]], number: int, **changes: object) -> int:
    """A row of alarms as version 42 had it: of the vehicle AB123CD, not taken, unless it is said."""
    values: dict[str, object] = {
        "transit_id": UUID(int=number), "captured_at": START + timedelta(seconds=number), "raised_at": START,
        "gate_id": f"gate-{number}", "camera_id": "cam-1", "plate": "AB123CD", "entry_id": number,
        "entry_plate": "AB123CD", "watchlist_id": "stolen", "reason": "r", "priority": "low", "probability": 0.9,
    }  # fmt: skip
    values |= changes
    statement = sql.SQL("INSERT INTO alarms ({}) VALUES ({}) RETURNING id").format(
        sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(sql.Placeholder() * len(values))
    )
    row = conn.execute(statement, list(values.values())).fetchone()
    assert row is not None
    return int(row["id"])


def test_open_rows_of_one_vehicle_become_one_alarm_and_nothing_is_lost(empty_database_url: str) -> None:
    _migrated_to(empty_database_url, CASES - 1)
    taken = {"state": "acknowledged", "acknowledged_by": "anna", "acknowledged_at": START}
    closed = {**taken, "state": "closed", "closed_by": "anna", "closed_at": START, "outcome": "stopped", "note": "n"}
    with psycopg.connect(empty_database_url, row_factory=dict_row) as conn:
        fill(conn)
        conn.execute("INSERT INTO organisations (id, name, kind) VALUES ('other', 'Other', 'municipality')")
        conn.execute("INSERT INTO watchlist_owners VALUES ('theirs', 'other')")
        first = _raised(conn, 101)
        over = _raised(conn, 102, **closed)
        mine = _raised(conn, 103, priority="high", **taken)
        theirs = _raised(conn, 104, watchlist_id="theirs")
        past = _raised(conn, 105, retro=True)
        gone = _raised(conn, 106, entry_plate="ZZ999ZZ")
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url, row_factory=dict_row) as conn:
        rows = conn.execute("SELECT * FROM alarms WHERE id >= %s ORDER BY id", [first]).fetchall()
        assert [(row["id"], row["organisation_id"], row["vehicle"], row["state"], row["retro"]) for row in rows] == [
            (first, "manager", "AB123CD", "acknowledged", False),
            (over, "manager", "AB123CD", "closed", False),
            (theirs, "other", "AB123CD", "raised", False),
            (past, "manager", "AB123CD", "raised", True),
            (gone, "manager", "ZZ999ZZ", "raised", False),
        ]
        case, settled = rows[:2]
        assert (case["priority"], case["acknowledged_by"], case["kind"]) == ("high", "anna", "stolen")
        assert (case["first_seen_at"], case["last_seen_at"]) == (
            START + timedelta(seconds=101), START + timedelta(seconds=103),
        )  # fmt: skip
        assert (settled["outcome"], settled["note"], settled["closed_by"]) == ("stopped", "n", "anna")
        sightings = conn.execute("SELECT alarm_id, id FROM sightings WHERE id >= %s ORDER BY id", [first]).fetchall()
        assert [(row["alarm_id"], row["id"]) for row in sightings] == [
            (first, first), (over, over), (first, mine), (theirs, theirs), (past, past), (gone, gone),
        ]  # fmt: skip
        told = conn.execute("SELECT kind, author, detail FROM alarm_events WHERE alarm_id = %s ORDER BY id", [first])
        assert [(row["kind"], row["author"], row["detail"].get("alarms")) for row in told] == [
            ("raised", None, None), ("merged", None, [mine]), ("acknowledged", "anna", None),
        ]  # fmt: skip
        new = conn.execute("SELECT nextval('alarms_id_seq') AS a, nextval('sightings_id_seq') AS s").fetchone()
        assert new is not None
        assert (new["a"] > gone, new["s"] > gone) == (True, True), "no id is given twice"
        kept = conn.execute("SELECT transit_id FROM retained_transits ORDER BY 1").fetchall()
        assert {UUID(int=n) for n in (101, 103, 104, 105, 106)} <= {row["transit_id"] for row in kept}


@pytest.mark.parametrize(
    ("id_", "name", "kind"),
    [
        ("a1", "Rubati", "stolen"),
        ("x", "SCNTT Lista C", "judicial"),
        ("scntt-a2", "Senza revisione", "uninspected"),
        ("lista-c", "Commercianti", "local"),
        ("b", "Rubati e senza assicurazione", "local"),
        ("permessi", "Residenti ZTL", "local"),
    ],
)
def test_a_list_gets_the_kind_that_its_name_says_for_sure(
    empty_database_url: str, id_: str, name: str, kind: str
) -> None:
    _migrated_to(empty_database_url, CASES - 1)
    with psycopg.connect(empty_database_url, row_factory=dict_row) as conn:
        conn.execute(
            "INSERT INTO watchlists (id, name, priority, purpose, legal_basis, match, min_probability)"
            " VALUES (%s, %s, 'high', 'p', 'l', 'exact', 0.5)",
            [id_, name],
        )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url, row_factory=dict_row) as conn:
        found = conn.execute("SELECT kind FROM watchlists WHERE id = %s", [id_]).fetchone()
    assert found == {"kind": kind}


def _finds(database: Database, *plates: str) -> None:
    for plate in plates:
        for query in (
            TransitQuery(pattern=plate),
            TransitQuery(pattern=plate, look_alike=True),
            TransitQuery(pattern=f"{plate[:4]}?{plate[5:]}"),
            TransitQuery(pattern=f"{plate[:3]}*{plate[-3:]}", look_alike=True),
        ):
            with database.transaction() as conn:
                assert plate in {found.transit.plate for found in search_transits(conn, query)}, query


class _Traffic(ListSource):
    """One more batch at each poll until `over` is set; none is ever the last while something is going on."""

    def __init__(self) -> None:
        super().__init__([])
        self.over = threading.Event()
        self.numbers: list[int] = []

    def poll(self, max_records: int, timeout_s: float) -> list[Incoming]:
        if not self.over.is_set():
            self.numbers.append(number := 100 + 10 * len(self.numbers))
            self.records.extend(_batch(number, len(self.records)))
        return super().poll(max_records, timeout_s)


BATCH = {"transits": 5, "images": 1, "sightings": 1, "dead_letters": 1}
"""Rows that each batch of the traffic makes."""


def _batch(number: int, offset: int) -> Iterator[Incoming]:
    """On one of eight days, most of which nobody has made; one plate is listed."""
    at = START - timedelta(days=number // 10 % 8, seconds=number)
    listed, pictures = with_images(
        make_transit(number, captured_at=at, plate=plate_of(50)), {ImageRole.PLATE: picture(number, 500)}
    )
    others = [make_transit(number + n, captured_at=at) for n in range(1, 5)]
    for each in (listed, *others):
        yield transit_message(each, offset)
        offset += 1
    yield image_message(listed, ImageRole.PLATE, pictures[ImageRole.PLATE], offset)
    yield message(b"garbage", offset + 1)


def _rows(database: Database) -> dict[str, int]:
    with database.transaction() as conn:
        return {table: rows for table, (_, rows, _) in content(conn).items() if table in BATCH}


def _prepared(url: str, version: int) -> None:
    """With data, and PostgreSQL itself says when anybody waits for a lock for more than 5 s: the migrator's 2 s, and
    what its steps take on these few rows."""
    _migrated_to(url, version)
    with psycopg.connect(url, row_factory=dict_row) as conn:
        fill(conn)
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = '5s'").format(name))


@pytest.mark.parametrize("version", [version for version in [*EARLIER, NEWEST] if version >= FULL_INGEST])
def test_an_ingest_that_goes_on_loses_nothing_and_is_not_held_up(
    empty_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, version: int
) -> None:
    _prepared(empty_database_url, version)
    traffic, going, stop = _Traffic(), threading.Event(), threading.Event()
    with (
        Database(empty_database_url, pool_size=2) as database,
        ThreadPoolExecutor(1) as pool,
        ExitStack() as at_end,
    ):
        at_end.callback(stop.set)  # a batch that is tried again and again does not hold up the test
        before = _rows(database)
        consumer = _consumer(database, tmp_path, traffic, batch_size=7)

        def ingest() -> None:
            while consumer.step(stop):
                if len(traffic.numbers) > 9:
                    going.set()

        try:
            ingesting = pool.submit(ingest)
            assert going.wait(240)
            migrate(empty_database_url, WITH_NEXT)
            seen = len(traffic.numbers)
            while len(traffic.numbers) < seen + 5:
                assert not ingesting.done()
        finally:
            traffic.over.set()
        ingesting.result(60)
        made = {table: before[table] + rows * len(traffic.numbers) for table, rows in BATCH.items()}
        assert _rows(database) == made
        assert traffic.committed == len(traffic.records)
        assert find_drift(database, WITH_NEXT) == []
    assert "lock timeout" not in caplog.text


def test_a_long_search_in_the_migrators_way_does_not_stop_ingest(
    empty_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever comes after the migrator waits behind it, while it waits for the search: until it lets go."""
    _prepared(empty_database_url, FULL_INGEST)
    traffic = _Traffic()
    with (
        Database(empty_database_url, pool_size=2) as database,
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(empty_database_url) as search,
    ):
        before = _rows(database)
        consumer = _consumer(database, tmp_path, traffic, batch_size=7)
        search.execute("SELECT count(*) FROM images")
        migrating = pool.submit(migrate, empty_database_url, WITH_NEXT)
        while not _waits(database):
            assert not migrating.done()
        for _ in range(2):
            assert consumer.step(threading.Event())
        assert not migrating.done()
        search.rollback()
        assert migrating.result(60)
        assert _rows(database) == {table: before[table] + 2 * rows for table, rows in BATCH.items()}
    assert "lock timeout" not in caplog.text


def _waits(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")
        return row.fetchone() != {"n": 0}


def _store_as_before(database: Database) -> None:
    """What an ingest until migration 35 does, of one transit."""
    names = "captured_at, id, received_at, gate_id, camera_id, reader_id, first_seen, last_seen, plate, look_alike,"
    names += " raw, confidence, candidates, reads, box_x, box_y, box_w, box_h, images"
    at = "'2026-11-21T10:00Z'"
    row = f"{at}, '{UUID(int=1)}', {at}, 'g', 'c', 'r', {at}, {at}, 'AA000AA', 'AA000AA', 'AA000AA',"
    row += " 0.9, '[]', 3, 1, 2, 3, 4, '[]'"
    with database.transaction() as conn:
        conn.execute("SELECT ensure_partition('transits', '2026-11-21')")
        conn.execute("CREATE TEMPORARY TABLE staging_transits (LIKE transits) ON COMMIT DELETE ROWS")
        conn.execute(f"INSERT INTO staging_transits ({names}) VALUES ({row})".encode())
        conn.execute(
            f"INSERT INTO transits ({names}) SELECT {names} FROM staging_transits"
            " ON CONFLICT (captured_at, id) DO NOTHING".encode()
        )


def test_an_ingest_from_before_days_by_purpose_waits_and_calls_no_transit_wrong(database: Database) -> None:
    """It runs on after the migration until it is restarted: its statements fail in a way that it tries again."""
    with pytest.raises(StoreError, match="ON CONFLICT") as caught:
        _store_as_before(database)
    assert caught.value.fault is StoreFault.WAIT
