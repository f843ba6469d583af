# SPDX-License-Identifier: AGPL-3.0-or-later
"""Databases for tests: one embedded PostgreSQL per test session, one template, a fresh copy of it per test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from anpr.store.database.connection import Database
from anpr.store.database.migrate import migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url

TEMPLATE = "anpr_template"
_numbers = count(1)


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statement.encode())


_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 2 << 30


def _fast_folder() -> Path | None:
    """Where a copied database costs a fifth: in memory, where a container leaves room there. None: the usual place."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES else None


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL of this test session with an empty database; nothing in it survives a power cut.

    Not in pytest's own temporary folder: another session of the same user closes that one to all other users, and when
    we are root the server is another user.
    """
    temporary = TemporaryDirectory(prefix="anpr-test-", dir=_fast_folder())
    with temporary as folder, embedded_database(Path(folder), durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def template_url(postgres_url: str) -> str:
    """A migrated database that is only copied: a copy takes some 50 ms in memory, the migrations much more."""
    _execute(postgres_url, f"CREATE DATABASE {TEMPLATE}")
    url = _with_database(postgres_url, TEMPLATE)
    migrate(url)
    grant_roles(url)
    return url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A database of this test's own, without any schema."""
    yield from _fresh(postgres_url, "template1")


@pytest.fixture
def database_url(postgres_url: str, template_url: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    assert template_url
    yield from _fresh(postgres_url, TEMPLATE)


def _fresh(postgres_url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    # Copying files costs a checkpoint, which is nothing where nothing is flushed, and less than logging every page.
    _execute(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield _with_database(postgres_url, name)
    _execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open, migrated database of this test's own."""
    with Database(database_url, pool_size=4, application="tests") as database:
        yield database


@pytest.fixture
def database_as(database_url: str) -> Iterator[Callable[[CentreRole], Database]]:
    """Opens this test's own database with the rights of one process of the centre, and no others."""
    with ExitStack() as stack:
        yield lambda role: stack.enter_context(
            Database(role_url(database_url, role), pool_size=4, application=f"tests {role}")
        )


@pytest.fixture
def ingest_database(database_as: Callable[[CentreRole], Database]) -> Database:
    """This test's own database, as ingest may use it."""
    return database_as(CentreRole.INGEST)


@pytest.fixture
def console_database(database_as: Callable[[CentreRole], Database]) -> Database:
    """This test's own database, as the console may use it."""
    return database_as(CentreRole.CONSOLE)


@pytest.fixture
def forward_database(database_as: Callable[[CentreRole], Database]) -> Database:
    """This test's own database, as forwarding may use it."""
    return database_as(CentreRole.FORWARD)
