"""What the verbs that need the database share: which one, and who is asking."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.domain.errors import InputError
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.database.migrate import check_schema
from anpr.store.embedded.cluster import embedded_database


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The configured database, or the embedded one in data_dir, which runs as long as somebody uses it."""
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value()
        return
    with embedded_database(settings.embedded_database_dir) as url:
        yield url


@contextmanager
def open_database(settings: Settings, application: str) -> Iterator[Database]:
    """An open database whose schema is this version's. Raises StoreError otherwise."""
    with database_url(settings) as url:
        check_schema(url)
        with Database(url, pool_size=settings.database.pool_size, application=application) as database:
            yield database


def operating_system_user() -> str:
    """Who the audit names for what is done on the command line."""
    try:
        return f"os:{getpass.getuser()}"
    except (KeyError, OSError) as exc:
        raise InputError("this process's user has no name, and the audit needs one") from exc
