# SPDX-License-Identifier: AGPL-3.0-or-later
"""Each process does its work with the rights of its own role, and nothing else, on a real PostgreSQL."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from anpr.console.app import PAGES, create_app
from anpr.domain.access import Role
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import InputError
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import Priority, Watchlist
from anpr.forward.runs import run_nightly
from anpr.ingest.audit_heads import note_head
from anpr.ingest.consume import Consumer
from anpr.ingest.maintenance import maintain
from anpr.ingest.retro import RetroMatch
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.settings import IngestSettings, RetentionSettings, Settings, resource_path
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.alarms.rows import list_alarms
from anpr.store.audit import AuditAction, AuditEvent, append, list_audit
from anpr.store.database.connection import Database
from anpr.store.database.migrate import check_schema
from anpr.store.database.partitions import list_partitions
from anpr.store.database.schema_diff import find_drift
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.gates import save_gates
from anpr.store.images.image_store import ImageStore
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from scripts.lab.transits import START, make_transit, picture
from tests.support import forwarding
from tests.support.fixtures_console import Site, serving
from tests.support.sources import ListSource, image_message, message, transit_message

LIST = Watchlist(id="stolen", name="Rubati", priority=Priority.HIGH, purpose="test", legal_basis="test")
Open = Callable[[str], Database]


@pytest.fixture
def roles_sql() -> str:
    return resource_path("config", "postgres", "roles.sql").read_text(encoding="utf-8")


@pytest.fixture
def url_of(database_url: str) -> Callable[[str], str]:
    """The address with which a role's login connects, after the shipped file was applied once more by the owner."""
    grant_roles(database_url)
    return lambda role: role_url(database_url, CentreRole(role))


@pytest.fixture
def opened(url_of: Callable[[str], str]) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_as(role: str) -> Database:
            check_schema(url_of(role))
            return stack.enter_context(Database(url_of(role), pool_size=4))

        yield open_as


def test_every_table_was_thought_of(database: Database, roles_sql: str) -> None:
    """A new table needs a line in the shipped file, or a process has no right to it."""
    with database.transaction() as conn:
        rows = conn.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                            " AND relkind IN ('r', 'p', 'v') AND NOT relispartition").fetchall()  # fmt: skip
    granted = " ".join(line for line in roles_sql.splitlines() if not line.startswith("--")).replace(",", " ").split()
    assert {str(row["relname"]) for row in rows} <= set(granted)


def test_ingest_stores_matches_and_runs_retention(
    database: Database, opened: Open, tmp_path: Path, clock: ManualClock
) -> None:
    ours, images = opened("ingest"), ImageStore(tmp_path / "images")
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        import_entries(conn, LIST.id, [NewEntry(plate=make_transit(1).plate, reason="x")])
        insert_transits(conn, [make_transit(2, captured_at=START - timedelta(days=8))], START)  # retention drops it
    data = picture(1, 200)
    records = [
        transit_message(make_transit(1), 1),
        image_message(make_transit(1), ImageRole.PLATE, data, 2),
        message(b"broken", 3),
    ]
    consumer = Consumer(
        source=ListSource(records), centre=Centre(database=ours, images=images), settings=IngestSettings(), clock=clock
    )
    while consumer.step(threading.Event()):
        pass
    with ours.transaction() as conn:
        assert len(list_alarms(conn)) == 1
        save_gates(conn, [])
    RetroMatch(database=ours, settings=Settings(), clock=clock).catch_up(threading.Event())
    maintain(ours, images, RetentionSettings(), clock)
    note_head(ours, Settings(data_dir=tmp_path), clock)
    with ours.transaction() as conn:
        assert START.date() - timedelta(days=8) not in list_partitions(conn, "transits")
        assert list_audit(conn)
    assert find_drift(database) == []


def test_the_console_shows_every_page_and_takes_alarms(site: Site, opened: Open) -> None:
    app = create_app(site.settings, opened("console"), site.images, site.clock)
    with serving(app) as url:
        ours = replace(site, url=url, app=app, clients=[])
        for role in Role:
            client = ours.client(role)
            for page in PAGES:
                answer = client.get(page.router.prefix or "/", follow_redirects=True)
                assert answer.status_code in (200, 403, 404), f"{page.name} as {role}: {answer.status_code}"
            client.close()
    with app.state.console.database.transaction() as conn:
        with pytest.raises(InputError, match="no such alarm"):
            acknowledge(conn, 999, "anna", START)
        with pytest.raises(InputError, match="no such alarm"):
            close_alarm(conn, 999, "anna", START, AlarmOutcome.OTHER)


def test_forwarding_sends_and_keeps_its_ledger(database: Database, opened: Open, tmp_path: Path) -> None:
    site = forwarding.Site(database, tmp_path, ours=opened("forward"))
    site.store(forwarding.transits(3))
    run_nightly(site.job())
    assert site.states() == {"sent": 3}


@pytest.mark.parametrize("role", ["ingest", "console", "forward"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "UPDATE users SET name = 'x'",
        "DELETE FROM users",
        "DROP TABLE transits",
        "TRUNCATE transits",
        "DELETE FROM transits",
        "CREATE TABLE public.mine (x int)",
        "INSERT INTO watchlists VALUES ('x', 'x', 'high', 'x', 'x', 'exact', 0)",
        "DELETE FROM schema_migrations",
        "COPY gates FROM PROGRAM 'true'",
        "SET ROLE postgres",
    ],
)
def test_what_no_process_may_do(opened: Open, url_of: Callable[[str], str], role: str, statement: str) -> None:
    with opened(role).transaction() as conn:
        append(conn, AuditEvent(actor="x", action=AuditAction.LOGIN, at=START))
    with psycopg.connect(url_of(role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement.encode())


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *((role, "INSERT INTO users VALUES ('x', 'dpo', 'x')") for role in ("ingest", "forward")),
        *((role, "UPDATE users SET role = 'dpo'") for role in ("ingest", "forward")),
        ("ingest", "SELECT * FROM users"),
        *((role, "SELECT * FROM login_failures") for role in ("ingest", "forward")),
        *((role, "SELECT * FROM second_factors") for role in ("ingest", "forward")),
        ("forward", "SELECT * FROM users"),
        ("forward", "SELECT * FROM watchlists"),
        ("forward", "SELECT * FROM alarms"),
        ("console", "DELETE FROM alarms"),
        *((role, "UPDATE alarms SET vehicle = 'AA000AA'") for role in ("ingest", "console", "forward")),
        *((role, "UPDATE sightings SET plate = 'AA000AA'") for role in ("ingest", "console", "forward")),
        *((role, "UPDATE sightings SET transit_id = NULL") for role in ("ingest", "console", "forward")),
        *((role, "UPDATE alarm_events SET text = ''") for role in ("ingest", "console", "forward")),
        *((role, "DELETE FROM alarm_events") for role in ("ingest", "console", "forward")),
        ("console", "DELETE FROM sightings"),
        ("console", "UPDATE alarms SET priority = 'low'"),
        ("ingest", "UPDATE holds SET ends_on = '2099-01-01'"),
        ("console", "UPDATE holds SET plate = 'x'"),
        ("console", "UPDATE holds SET case_reference = 'x'"),
        ("console", "UPDATE holds SET author = 'x'"),
        ("console", "DELETE FROM holds"),
        ("ingest", "UPDATE holds SET plate = 'x'"),
        ("console", "UPDATE subject_requests SET plate = 'x'"),
        ("console", "DELETE FROM subject_requests"),
        ("console", "SELECT erase_for_request(1, 'x', now())"),  # there is no such request
        ("ingest", "SELECT erase_for_request(1, 'x', now())"),
        ("console", "SELECT erase_traces_for_request(1, now())"),
        ("ingest", "SELECT erase_traces_for_request(1, now())"),
        ("forward", "SELECT * FROM subject_requests"),
        ("forward", "SELECT * FROM holds"),
        ("ingest", "DELETE FROM images"),
        ("ingest", "UPDATE images SET path = 'x'"),
        ("console", "SELECT drop_unannounced('{}', '{}', '{}', '{}')"),
        ("console", "INSERT INTO transits SELECT * FROM transits"),
        ("console", "SELECT drop_partition('transits', '2026-11-21')"),
        ("forward", "SELECT expire_purpose_partition('transits', '2026-11-21', '')"),
        ("ingest", "SELECT drop_partition('audit', '2026-11-21')"),
        ("ingest", "SELECT ensure_partition('users', '2026-11-21')"),
        ("ingest", "SELECT expire_purpose_partition('users', '2026-11-21', '')"),
    ],
)
def test_what_one_process_may_not_do(url_of: Callable[[str], str], role: str, statement: str) -> None:
    with psycopg.connect(url_of(role)) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(statement.encode())


def test_a_table_of_somebodys_own_does_not_stand_in_for_ours(
    database: Database, url_of: Callable[[str], str], opened: Open
) -> None:
    """The functions with the owner's rights look only into their own schema, and last into temporary tables."""
    with psycopg.connect(url_of("ingest")) as conn:
        conn.execute("CREATE TEMPORARY TABLE transits (captured_at timestamptz) PARTITION BY RANGE (captured_at)")
        conn.execute("SELECT ensure_partition('transits', '2026-11-21')")
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(1)], START)
        assert START.date() in list_partitions(conn, "transits")
    assert opened("ingest") is not None
