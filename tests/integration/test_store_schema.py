"""Migrations against a real PostgreSQL."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from anpr.domain.errors import StoreError
from anpr.store.database import Database
from anpr.store.migrate import Migration, check_schema, migrate, read_migrations, schema_status

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
            " ('transits'::regclass, 'plates'::regclass, 'entries'::regclass, 'alarms'::regclass)"
        ).fetchall()
    assert keys["transits"] == "PRIMARY KEY (captured_at, id)"
    assert keys["plates"] == "PRIMARY KEY (plate)"
    assert partitioning["transits"] == partitioning["images"] == "RANGE (captured_at)"
    assert "(plate, captured_at)" in indexes["transits_plate"]
    assert "(look_alike, captured_at)" in indexes["transits_look_alike"]
    assert "(camera_id, captured_at)" in indexes["transits_camera"]
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
