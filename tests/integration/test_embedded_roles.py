# SPDX-License-Identifier: AGPL-3.0-or-later
"""Roles of the embedded PostgreSQL: given to data of any age, at any time, and lost by no restore."""

import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from anpr.cli.common.database import open_database
from anpr.runtime.background import running
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import Migration, migrate, read_migrations
from anpr.store.database.partitions import make_days
from anpr.store.embedded.configured import migrate_configured, open_database_url
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url
from anpr.store.embedded.server import find_server, stop

_NO_RIGHT = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def settings() -> Iterator[Settings]:
    """A data folder of its own, that the server's user can reach."""
    with TemporaryDirectory(prefix="anpr-test-") as name:
        yield Settings(data_dir=Path(name))
        stop(find_server(Path(name) / "postgres"))


def user_of(database: Database) -> str:
    with database.transaction() as conn:
        row = conn.execute("SELECT current_user::text AS name").fetchone()
    assert row is not None
    return str(row["name"])


def test_data_of_a_version_without_roles_gets_them_and_the_administrator_stays_the_owner(settings: Settings) -> None:
    with open_database_url(settings, create=True) as url:
        migrate(url)
        for role in CentreRole:
            with open_database(settings, "tests", role) as database:
                assert user_of(database) == f"anpr_{role}_login"
        with open_database(settings, "tests") as database:
            assert user_of(database) == "postgres"


def test_what_a_later_migration_makes_is_given_too(settings: Settings) -> None:
    known = read_migrations()
    with open_database_url(settings, create=True) as url:
        migrate(url, known[:-1])  # as an earlier version left it
        assert migrate_configured(settings, url) == known[-1:]
        function = "drop_unannounced(timestamptz[], uuid[], text[], text[])"
        with psycopg.connect(url) as conn:
            query = "SELECT has_function_privilege('anpr_ingest', %s, 'EXECUTE')"
            assert conn.execute(query, (function,)).fetchone() == (True,)
        later = Migration(version=9999, name="later", text="CREATE TABLE later (x int)", checksum="x")
        assert migrate(url, [*known, later]) == [later]
        grant_roles(url)
        with psycopg.connect(role_url(url, CentreRole.INGEST)) as conn, pytest.raises(_NO_RIGHT):
            conn.execute("SELECT * FROM later")  # a table that nobody thought of is nobody's


def test_a_server_of_ones_own_is_used_as_its_address_says(database_url: str) -> None:
    settings = Settings.model_validate({"database": {"url": database_url}})
    with open_database(settings, "tests", CentreRole.INGEST) as database:
        assert user_of(database) == "postgres"


def test_rights_are_given_while_days_are_made(database_url: str) -> None:
    made: list[date] = []

    def make(stop: Event) -> None:
        with Database(role_url(database_url, CentreRole.INGEST), pool_size=1) as database:
            while not stop.is_set():
                day = date(2026, 1, 1) + timedelta(days=len(made))
                make_days(database, [day])
                made.append(day)

    with running(make, "days"):
        while len(made) < 20:
            grant_roles(database_url)


def test_a_restore_without_privileges_lets_nobody_drop_days(database_url: str, tmp_path: Path) -> None:
    programs = find_server(tmp_path).programs
    copy = urlunsplit(urlsplit(database_url)._replace(path=f"{urlsplit(database_url).path}_restored"))
    name = urlsplit(copy).path.lstrip("/")
    dump = tmp_path / "copy.dump"
    subprocess.run([programs / "pg_dump", "--format=custom", "--file", dump, database_url], check=True)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {name}".encode())
    try:
        restore: list[str | Path] = [
            programs / "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--exit-on-error",
            "--dbname",
            copy,
            dump,
        ]
        subprocess.run(restore, check=True)
        grant_roles(copy)
        for role in (CentreRole.CONSOLE, CentreRole.FORWARD, CentreRole.NOTIFY):
            with psycopg.connect(role_url(copy, role)) as conn, pytest.raises(_NO_RIGHT):
                conn.execute("SELECT drop_partition('transits', '2026-11-21')")
        with Database(role_url(copy, CentreRole.INGEST), pool_size=1) as database:
            make_days(database, [date(2026, 11, 21)])
    finally:
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
