# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that use the database: opening it, and the user that the audit names."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.domain.errors import InputError
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import check_schema
from anpr.store.embedded.configured import open_database_url


@contextmanager
def open_database(settings: Settings, application: str) -> Iterator[Database]:
    """An open database whose schema is this version's. Raises StoreError otherwise."""
    with open_database_url(settings) as url:
        check_schema(url)
        with Database(url, pool_size=settings.database.pool_size, application=application) as database:
            yield database


def operating_system_user() -> str:
    """Who the audit names for what is done on the command line."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError) as exc:
        raise InputError("this process's user has no name, and the audit needs one") from exc
