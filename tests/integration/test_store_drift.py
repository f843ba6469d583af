# SPDX-License-Identifier: AGPL-3.0-or-later
"""`find_drift` against a real PostgreSQL: what somebody changed by hand is named, and nothing else is."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest

from anpr.domain.errors import StoreError
from anpr.runtime.clock import ManualClock
from anpr.store.database.connection import Database
from anpr.store.database.migrate import read_migrations
from anpr.store.database.partitions import Part, drop_partitions, ensure_partitions, ensure_parts
from anpr.store.database.schema_diff import SCRATCH, find_drift
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import START, make_transit


def _filled(database: Database) -> None:
    with database.transaction() as conn:
        ensure_partitions(conn, [date(2026, 11, 20)], ["transits", "images", "deliveries"])
        ensure_parts(conn, [Part(date(2026, 11, 20), "assicurazioni-e-revisioni-delle-auto")])
        insert_transits(conn, [make_transit(1), make_transit(2, captured_at=START - timedelta(days=1))], START)


def _execute(database: Database, statement: str) -> None:
    with database.transaction() as conn:
        conn.execute(statement.encode())


def test_a_fresh_schema_is_clean_and_stays_alone(database: Database) -> None:
    assert find_drift(database) == []
    _filled(database)
    assert find_drift(database) == []
    with database.transaction() as conn:
        assert conn.execute("SELECT to_regnamespace(%s) AS left", [SCRATCH]).fetchone() == {"left": None}
        assert conn.execute("SELECT version FROM list_version").fetchone() == {"version": 0}


NO_TRUNCATE = (
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
)
DRIFT = {
    "DROP INDEX transits_plate": "index transits_plate of transits is missing",
    "ALTER TABLE gates ADD COLUMN colour text": "column colour of gates is not part of the schema",
    "ALTER TABLE gates DROP COLUMN purpose": "column purpose of gates is missing",
    "ALTER TABLE gates ALTER name DROP NOT NULL": "column name of gates: text; made as: text NOT NULL",
    "ALTER TABLE alarms ALTER retro SET DEFAULT true": (
        "column retro of alarms: boolean NOT NULL DEFAULT true; made as: boolean NOT NULL DEFAULT false"
    ),
    "ALTER TABLE reader_keys ALTER fingerprint TYPE varchar(70)": (
        'column fingerprint of reader_keys: character varying(70) NOT NULL; made as: text COLLATE "C" NOT NULL'
    ),
    "ALTER TABLE sightings DROP CONSTRAINT sightings_priority_check": (
        "constraint sightings_priority_check of sightings is missing"
    ),
    "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'": (
        "function refuse_audit_change() is not as it was made"
    ),
    "CREATE FUNCTION f(n int) RETURNS int RETURN 1": "function f(n integer) is not part of the schema",
    "ALTER TABLE audit DISABLE TRIGGER audit_no_truncate": (
        f"trigger audit_no_truncate of audit: disabled, {NO_TRUNCATE}; made as: always, {NO_TRUNCATE}"
    ),
    "CREATE TABLE notes (id int PRIMARY KEY, text text)": "table notes is not part of the schema",
    "DROP TABLE health_intervals": "table health_intervals is missing",
    "ALTER TABLE plates RESET (fillfactor)": "table plates: logged; made as: logged, fillfactor=90",
    "ALTER TABLE transits DROP COLUMN country": "column country of transits is missing",
    "ALTER TABLE transits DROP CONSTRAINT transits_confidence_check": (
        "constraint transits_confidence_check of transits is missing"
    ),
    "CREATE INDEX ON transits_20261121_site (lane)": (
        "index btree (lane) of transits_20261121_site is not part of the schema"
    ),
    "ALTER TABLE transits_20261121_site ALTER lane SET DEFAULT '1'": (
        "column lane of transits_20261121_site: text DEFAULT '1'::text; made as: text"
    ),
    "CREATE TABLE transits_other PARTITION OF transits_20261121 FOR VALUES IN ('other')": (
        "table transits_other: logged, holding FOR VALUES IN ('other'); made as: logged, holding its purpose"
    ),
    "CREATE TABLE transits_some PARTITION OF transits FOR VALUES FROM ('2026-01-01Z') TO ('2026-02-01Z')": (
        "table transits_some: logged, holding FOR VALUES FROM ('2026-01-01 00:00:00+00')"
        " TO ('2026-02-01 00:00:00+00'); made as: logged, partitioned by LIST (purpose), holding its day"
    ),
}


def test_each_difference_is_a_line_and_nothing_else_is_said(database: Database) -> None:
    """All at once: what is wrong in one place hides nothing in another, and each new database takes its time."""
    _filled(database)
    for change in DRIFT:
        _execute(database, change)
    # A partition that is made by hand lacks what makes a transit and its id unique.
    by_hand = [
        "constraint PRIMARY KEY (captured_at, id) of transits_other is missing",
        "index unique btree (captured_at, id) of transits_other is missing",
        "index unique btree (id) of transits_other is missing",
    ]
    assert find_drift(database) == sorted([*DRIFT.values(), *by_hand])


def test_one_difference_is_one_line(database: Database) -> None:
    _filled(database)
    _execute(database, "DROP INDEX transits_plate")
    assert find_drift(database) == ["index transits_plate of transits is missing"]


def test_an_extension_in_a_schema_of_its_own_is_no_difference(database: Database) -> None:
    _execute(database, "CREATE SCHEMA tools; ALTER EXTENSION pg_trgm SET SCHEMA tools")
    assert find_drift(database) == []


def test_days_that_come_and_go_meanwhile_are_no_difference(database: Database, clock: ManualClock) -> None:
    stop = threading.Event()

    def churn() -> int:
        rounds = 0
        while not stop.is_set():
            for table in ("transits", "images"):
                with database.transaction() as conn:
                    ensure_partitions(conn, [date(2026, 1, 1), date(2026, 1, 2)], [table])
            drop_partitions(database, clock.now().date())
            rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as pool:
        churning = pool.submit(churn)
        try:
            found = [find_drift(database) for _ in range(5)]
        finally:
            stop.set()
        assert churning.result(60) > 0
    assert found == [[]] * 5


def test_it_waits_for_nobody_who_makes_days_or_changes_lists(database: Database) -> None:
    with database.transaction() as conn:
        ensure_partitions(conn, [date(2026, 1, 1)], ["transits", "images", "deliveries"])
        conn.execute("UPDATE list_version SET version = version + 1")
        conn.execute("INSERT INTO users (name, role, password_hash) VALUES ('anna', 'dpo', 'x')")
        assert find_drift(database) == []


def test_two_at_once_take_turns(database: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: find_drift(database), range(2))) == [[], []]


def test_a_role_that_may_not_make_schemas_is_told(database: Database, database_url: str) -> None:
    name = urlsplit(database_url).path[1:]
    _execute(database, f"ALTER DATABASE {name} SET role = 'pg_read_all_data'")
    with Database(database_url, pool_size=1) as poor, pytest.raises(StoreError, match="permission denied for database"):
        find_drift(poor)


def test_it_is_the_given_migrations_that_are_replayed(database: Database) -> None:
    without_handovers = [each for each in read_migrations() if each.name != "handovers"]
    told = find_drift(database, without_handovers)
    assert any("handovers" in line and line.endswith("is not part of the schema") for line in told), told
