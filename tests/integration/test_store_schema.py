# SPDX-License-Identifier: AGPL-3.0-or-later
"""Migrations against a real PostgreSQL."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from anpr.domain.errors import StoreError
from anpr.store.database.connection import Database
from anpr.store.database.migrate import Migration, check_schema, migrate, read_migrations, schema_status
from anpr.store.database.partitions import ensure_partitions
from anpr.store.transits.rows import TransitQuery, insert_transits, search_transits
from scripts.lab.transits import START, make_transit

TABLES = {
    "alarms", "audit", "dead_letters", "deliveries", "entries", "forward_runs", "gates", "health_intervals",
    "health_subjects", "images", "plates", "schema_migrations", "transits", "users", "watchlists",
}  # fmt: skip


def _migration(version: int, text: str) -> Migration:
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Migration(version=version, name=f"step{version}", text=text, checksum=checksum)


def test_an_empty_database_becomes_current_and_stays_so(empty_database_url: str) -> None:
    before = schema_status(empty_database_url)
    assert (before.applied, before.pending) == ((), tuple(read_migrations()))
    with pytest.raises(StoreError, match=r"0001_first.*pending.*run `anpr db migrate`"):
        check_schema(empty_database_url)
    assert migrate(empty_database_url) == read_migrations()
    assert migrate(empty_database_url) == []
    check_schema(empty_database_url)
    assert schema_status(empty_database_url).is_current


def test_the_schema_has_the_tables_the_design_names(database: Database) -> None:
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        assert {row["relname"] for row in rows} >= TABLES


def test_keys_and_comparisons_are_as_designed(database: Database) -> None:
    with database.transaction() as conn:
        ensure_partitions(conn, [date(2026, 11, 21)], ["transits", "images"])
        keys = {
            row["table"]: row["def"]
            for row in conn.execute(
                "SELECT conrelid::regclass::text AS table, pg_get_constraintdef(oid) AS def"
                " FROM pg_constraint WHERE contype = 'p'"
            )
        }
        indexes = {row["indexname"]: row["indexdef"] for row in conn.execute("SELECT * FROM pg_indexes")}
        partitioning = {
            row["name"]: row["key"]
            for row in conn.execute("SELECT partrelid::regclass::text AS name, pg_get_partkeydef(partrelid) AS key"
                                    " FROM pg_partitioned_table")
        }  # fmt: skip
        plates = conn.execute(
            "SELECT c.collname FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation"
            " WHERE a.attname IN ('plate', 'look_alike', 'entry_plate') AND a.attrelid IN"
            " ('transits'::regclass, 'plates'::regclass, 'entries'::regclass, 'sightings'::regclass)"
        ).fetchall()
    assert keys["transits_20261121_site"] == "PRIMARY KEY (captured_at, id)"
    assert keys["images_20261121_site"] == "PRIMARY KEY (captured_at, transit_id, role, sha256)"
    assert keys["plates"] == "PRIMARY KEY (plate)"
    assert partitioning["transits"] == partitioning["images"] == "RANGE (captured_at)"
    assert partitioning["transits_20261121"] == partitioning["images_20261121"] == "LIST (purpose)"
    assert "(plate, captured_at)" in indexes["transits_plate"]
    assert "(look_alike)" in indexes["plates_look_alike"]
    assert {"transits_look_alike", "transits_camera"}.isdisjoint(indexes), "paid for by each insert, asked by none"
    assert "gin_trgm_ops" in indexes["plates_wildcard"]
    assert {row["collname"] for row in plates} == {"C"}
    assert len(plates) == 8


def test_a_migration_that_fails_leaves_nothing_of_itself(empty_database_url: str) -> None:
    good = _migration(1, "CREATE TABLE one (x int)")
    bad = _migration(2, "CREATE TABLE two (x int); SELECT 1 / 0")
    with pytest.raises(StoreError, match="division by zero"):
        migrate(empty_database_url, [good, bad])
    with psycopg.connect(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('one')::text, to_regclass('two')::text").fetchone() == ("one", None)
    mended = _migration(2, "CREATE TABLE two (x int)")
    assert migrate(empty_database_url, [good, mended]) == [mended]


def test_two_migrators_at_once_apply_each_migration_once(empty_database_url: str) -> None:
    steps = [_migration(n, f"CREATE TABLE t{n} (x int)") for n in range(1, 9)]
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(lambda _: migrate(empty_database_url, steps), range(3)))
    assert sorted(m.version for some in applied for m in some) == list(range(1, 9))


def test_a_migration_may_come_after_a_higher_one_was_applied(empty_database_url: str) -> None:
    first, second, third = [_migration(n, f"CREATE TABLE t{n} (x int)") for n in (1, 2, 5)]
    assert migrate(empty_database_url, [first, third]) == [first, third]
    assert migrate(empty_database_url, [first, second, third]) == [second]
    assert migrate(empty_database_url, [first, second, third]) == []


def test_a_changed_or_newer_migration_stops_everything(empty_database_url: str) -> None:
    steps = [_migration(1, "CREATE TABLE one (x int)"), _migration(2, "CREATE TABLE two (x int)")]
    migrate(empty_database_url, steps)
    changed = replace(steps[0], checksum="0" * 64)
    with pytest.raises(StoreError, match="migration 0001_step1 is not what was applied"):
        migrate(empty_database_url, [changed, steps[1]])
    with pytest.raises(StoreError, match=r"newer version \(0002_step2 applied\)"):
        migrate(empty_database_url, steps[:1])


def test_it_runs_while_others_use_the_database(database: Database, database_url: str) -> None:
    with database.transaction() as conn:
        conn.execute("SELECT count(*) FROM transits")
        assert migrate(database_url) == []
        check_schema(database_url)


def test_indexes_change_under_an_ingest_that_runs(empty_database_url: str) -> None:
    """Without 0008, with data in it, while more comes in; this ingest needs what later ones add."""
    migrate(empty_database_url, [each for each in read_migrations() if each.version != 8])
    with Database(empty_database_url, pool_size=2) as database, ThreadPoolExecutor(1) as pool:

        def insert(number: int) -> None:
            with database.transaction() as conn:
                insert_transits(conn, [make_transit(number * 10 + n) for n in range(10)], START + timedelta(days=1))

        for number in range(20):
            insert(number)
        inserting = [pool.submit(insert, number) for number in range(20, 80)]
        migrate(empty_database_url)
        for each in inserting:
            each.result(60)
        check_schema(empty_database_url)
        for number in (3, 777):
            plate = make_transit(number).plate
            for query in (
                TransitQuery(pattern=plate),
                TransitQuery(pattern=plate, look_alike=True),
                TransitQuery(pattern=f"{plate[:3]}*{plate[-3:]}"),
                TransitQuery(pattern=f"?{plate[1:]}", look_alike=True),
            ):
                with database.transaction() as conn:
                    assert plate in {stored.transit.plate for stored in search_transits(conn, query)}, query


def test_it_lets_others_pass_while_a_table_is_in_use_and_says_so_in_the_end(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr.store.database.migrate.TRIES", 1)
    first, second = _migration(1, "CREATE TABLE t (x int)"), _migration(2, "ALTER TABLE t ADD COLUMN y int")
    migrate(empty_database_url, [first])
    with psycopg.connect(empty_database_url) as reader:
        reader.execute("SELECT count(*) FROM t")
        with pytest.raises(StoreError, match="lock timeout"):
            migrate(empty_database_url, [first, second])
    assert migrate(empty_database_url, [first, second]) == [second]
