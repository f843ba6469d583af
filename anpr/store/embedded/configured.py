# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chooses the database: the configured server, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from anpr.settings import Settings
from anpr.store.embedded.cluster import embedded_database


@contextmanager
def open_database_url(settings: Settings) -> Iterator[str]:
    """The URL of `database.url`, or of the embedded server in data_dir, which runs as long as somebody uses it.

    Raises StoreError when the embedded server does not start.
    """
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value()
        return
    with embedded_database(settings.embedded_database_dir) as url:
        yield url
