"""Migrations with data in the database: from every version there was, and under an ingest that goes on."""

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from anpr.clock import ManualClock
from anpr.domain.plate import look_alike_key
from anpr.domain.transit import ImageRole
from anpr.ingest.consume import Centre, Consumer
from anpr.settings import IngestSettings
from anpr.store.audit import AuditAction, AuditEvent, append, verify
from anpr.store.database import Connection, Database
from anpr.store.drift import find_drift
from anpr.store.images import ImageStore
from anpr.store.migrate import check_schema, migrate, read_migrations
from anpr.store.transits import TransitQuery, search_transits
from anpr.transport.source import Incoming
from tests.sources import ListSource, image_message, message, transit_message
from tests.transits import START, make_transit, picture, plate_of, with_images

NEWEST = read_migrations()[-1].version
EARLIER = [each.version for each in read_migrations()[:-1]]
DAYS = (START.date() - timedelta(days=1), START.date())
FULL_INGEST = 6
"""The first version in which this ingest can raise alarms."""


def _migrated_to(url: str, version: int) -> None:
    migrate(url, [each for each in read_migrations() if each.version <= version])


def _columns(conn: Connection, table: str) -> list[str]:
    """Of this version; none when it has no such table."""
    found = conn.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [row["column_name"] for row in found]


def _insert(conn: Connection, table: str, **values: Any) -> None:
    """A row with those of the values that this version has a column for; none when it has no such table."""
    names = [name for name in _columns(conn, table) if name in values]
    if names:
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
        )
        conn.execute(statement, [values[name] for name in names])


def _days(conn: Connection) -> None:
    parents = conn.execute("SELECT relname FROM pg_class WHERE relkind = 'p'").fetchall()
    for parent, day in itertools.product(parents, DAYS):
        conn.execute("SELECT ensure_partition(%s, %s)", [parent["relname"], day])


def _fill(conn: Connection) -> None:
    """Something in every table, transits and what belongs to them in two days."""
    _days(conn)
    _insert(conn, "users", name="anna", role="operator", password_hash="x", disabled=True)
    _insert(conn, "gates", id="gate-1", name="Nord", purpose="p", legal_basis="l", cameras=Jsonb(["cam-1"]))
    _fill_lists(conn)
    for number in range(6):
        _fill_passage(conn, number)
    _fill_forwarding(conn)
    _fill_health(conn)
    for number in range(3):
        append(conn, AuditEvent(actor="anna", action=AuditAction.SEARCH, at=START, detail={"number": number}))


def _fill_lists(conn: Connection) -> None:
    values = {"priority": "high", "purpose": "p", "legal_basis": "l", "match": "look-alike", "min_probability": 0.1}
    _insert(conn, "watchlists", id="stolen", name="Rubati", **values)
    for number in (0, 50):
        plate = plate_of(number)
        _insert(conn, "entries", watchlist_id="stolen", plate=plate, look_alike=look_alike_key(plate), reason="r",
                valid_from=START - timedelta(days=9))  # fmt: skip


def _fill_passage(conn: Connection, number: int) -> None:
    """The even ones passed a day before the others."""
    transit = make_transit(number)
    at = transit.captured_at - timedelta(days=1) if number % 2 == 0 else transit.captured_at
    plate, alike = transit.plate, look_alike_key(transit.plate)
    place = {"gate_id": "gate-1", "camera_id": "cam-1", "reader_id": "reader-1"}
    _insert(conn, "transits", captured_at=at, id=transit.id, received_at=START, first_seen=at, last_seen=at,
            plate=plate, look_alike=alike, raw=plate, confidence=0.9, candidates=Jsonb([[plate, 0.9]]), reads=3,
            box_x=1, box_y=2, box_w=3, box_h=4, country="I", direction="approaching", lane="1",
            images=Jsonb([]), **place)  # fmt: skip
    _insert(conn, "plates", plate=plate, look_alike=alike, last_day=at.date())
    for role in ("plate", "context"):
        _insert(conn, "images", captured_at=at, transit_id=transit.id, role=role, sha256="ab" * 32, size=9, path="p/q",
                **place)  # fmt: skip
    _insert(conn, "alarms", transit_id=transit.id, captured_at=at, raised_at=START, plate=plate, entry_id=number + 1,
            entry_plate=plate, watchlist_id="stolen", reason="r", priority="high", probability=0.9, state="closed",
            acknowledged_by="anna", acknowledged_at=START, closed_by="anna", closed_at=START, outcome="stopped",
            note="n", **place)  # fmt: skip
    _insert(conn, "dead_letters", received_at=at, topic="anpr.transits", partition=0, offset=number, reason="not-json",
            detail="broken", size=3, value=b"{{{")  # fmt: skip
    if "batch" in _columns(conn, "deliveries") and "day" in _columns(conn, "deliveries"):
        # Not before the forwarder came: its first migration makes the table anew, which nothing had written to.
        _insert(conn, "deliveries", destination="questura", captured_at=at, transit_id=transit.id, state="sent",
                day=at.date(), batch=1, queued_at=START, sent_at=START)  # fmt: skip


def _fill_forwarding(conn: Connection) -> None:
    _insert(conn, "forward_runs", destination="questura", day=DAYS[0], started_at=START, finished_at=START,
            counts=Jsonb({"sent": 3}), error="e")  # fmt: skip
    _insert(conn, "forward_batches", destination="questura", day=DAYS[0], number=1, file_name="f", created_at=START,
            attempts=1, sent_at=START)  # fmt: skip


def _fill_health(conn: Connection) -> None:
    for kind in ("camera", "reader"):
        subject = {"kind": kind, "id": f"{kind}-1", "reader_id": "reader-1", "gate_ids": ["gate-1"]}
        _insert(conn, "health_subjects", reported_at=START, heard_at=START, **subject)
        _insert(
            conn, "health_intervals", started_at=START - timedelta(hours=2), ended_at=START, state="away", **subject
        )
        _insert(conn, "health_intervals", started_at=START, state="up", **subject)


Content = dict[str, tuple[list[str], int, str]]


def _content(conn: Connection, of: Content | None = None) -> Content:
    """By table: its columns (those it had in `of`), how many rows, and the MD5 of them all, sorted."""
    found: Content = {}
    for table in _tables(conn) if of is None else of:
        columns = _columns(conn, table) if of is None else of[table][0]
        row = sql.SQL("ROW({})::text").format(sql.SQL(", ").join(map(sql.Identifier, columns)))
        digest = sql.SQL("SELECT count(*) AS n, md5(string_agg({r}, '|' ORDER BY {r} COLLATE \"C\")) AS sum FROM {t}")
        summed = conn.execute(digest.format(r=row, t=sql.Identifier(table))).fetchone() or {}
        found[table] = (columns, summed["n"], summed["sum"])
    return found


def _tables(conn: Connection) -> list[str]:
    rows = conn.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND relname <> 'schema_migrations' ORDER BY relname"
    )
    return [row["relname"] for row in rows]


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
        _fill(conn)
        before = _content(conn)
    if version == 1:
        del before["deliveries"]  # see _fill_passage
    empty = {table for table, (_, rows, _) in before.items() if not rows}
    assert not empty, "a table that this test puts nothing into"
    assert [each.version for each in migrate(empty_database_url)] == [
        each for each in [*EARLIER, NEWEST] if each > version
    ]
    with Database(empty_database_url, pool_size=2) as database:
        with database.transaction() as conn:
            assert _content(conn, before) == before
            assert verify(conn).broken_at is None
        assert find_drift(database) == []
        _finds(database, "AA000AA", "AA001AA", "AA002AA")
        consumer = _consumer(database, tmp_path, ListSource([transit_message(make_transit(50), 0)]))
        assert consumer.step(threading.Event())
        assert (consumer.summary.transits, consumer.summary.alarms, consumer.problem) == (1, 1, None)
        _finds(database, "AA050AA")


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


BATCH = {"transits": 5, "images": 1, "alarms": 1, "dead_letters": 1}
"""Rows that each batch of the traffic makes."""


def _batch(number: int, offset: int) -> Iterator[Incoming]:
    """On one of nine days, most of which nobody has made; one plate is listed."""
    at = START - timedelta(days=number // 10 % 9, seconds=number)
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
        return {table: rows for table, (_, rows, _) in _content(conn).items() if table in BATCH}


def _prepared(url: str, version: int) -> None:
    """With data, and PostgreSQL itself says when anybody waits for a lock for more than 5 s: the migrator's 2 s, and
    what its steps take on these few rows."""
    _migrated_to(url, version)
    with psycopg.connect(url, row_factory=dict_row) as conn:
        _fill(conn)
        name = sql.Identifier(conn.info.dbname)
        conn.execute(sql.SQL("ALTER DATABASE {} SET lock_timeout = '5s'").format(name))


@pytest.mark.parametrize("version", [version for version in EARLIER if version >= FULL_INGEST])
def test_an_ingest_that_goes_on_loses_nothing_and_is_not_held_up(
    empty_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, version: int
) -> None:
    _prepared(empty_database_url, version)
    traffic, going = _Traffic(), threading.Event()
    with Database(empty_database_url, pool_size=2) as database, ThreadPoolExecutor(1) as pool:
        before = _rows(database)
        consumer = _consumer(database, tmp_path, traffic, batch_size=7)

        def ingest() -> None:
            while consumer.step(threading.Event()):
                if len(traffic.numbers) > 9:
                    going.set()

        try:
            ingesting = pool.submit(ingest)
            assert going.wait(60)
            migrate(empty_database_url)
            seen = len(traffic.numbers)
            while len(traffic.numbers) < seen + 5:
                assert not ingesting.done()
        finally:
            traffic.over.set()
        ingesting.result(60)
        made = {table: before[table] + rows * len(traffic.numbers) for table, rows in BATCH.items()}
        assert _rows(database) == made
        assert traffic.committed == len(traffic.records)
        assert find_drift(database) == []
    assert "lock timeout" not in caplog.text
    check_schema(empty_database_url)


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
        search.execute("SELECT count(*) FROM transits")
        migrating = pool.submit(migrate, empty_database_url)
        while not _waits(database):
            assert not migrating.done()
        for _ in range(2):
            assert consumer.step(threading.Event())
        assert not migrating.done()
        search.rollback()
        assert migrating.result(60)
        assert _rows(database) == {table: before[table] + 2 * rows for table, rows in BATCH.items()}
    assert "lock timeout" not in caplog.text
    check_schema(empty_database_url)


def _waits(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")
        return row.fetchone() != {"n": 0}
