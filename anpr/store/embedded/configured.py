# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chooses the database: the configured server, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anpr.domain.errors import StoreError
from anpr.settings import Settings
from anpr.store.database.migrate import Migration, check_schema, migrate
from anpr.store.embedded.cluster import embedded_database
from anpr.store.embedded.roles import CentreRole, grant_roles, role_url

DEMO_SETTINGS = Path("demo", "settings.yaml")
"""Below the default data_dir: where `anpr up` without settings writes those of its demonstration."""


_WHAT_TO_DO = "name the settings (--config FILE), DATABASE_URL, or make one: anpr db migrate --create"


@contextmanager
def open_database_url(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """The URL of `database.url`, or of the embedded server in data_dir, which runs as long as somebody uses it.

    Raises StoreError when the embedded server does not start, or is none yet and `create` is not set: a question to a
    database that was made by asking it would be answered with "nothing".
    """
    if settings.database.url is not None:
        yield settings.database.url.get_secret_value()
        return
    folder = settings.embedded_database_dir
    if not create and not has_database(settings):
        raise StoreError(f"database: there is none in {folder}; {demo_hint(settings) or _WHAT_TO_DO}")
    with embedded_database(folder) as url:
        yield url


def migrate_configured(settings: Settings, url: str) -> list[Migration]:
    """Migrate the database that is open at `url`, and give the roles of an embedded one their rights.

    Returns what was applied. On a server of one's own its administrator gives rights. Raises StoreError.
    """
    applied = migrate(url)
    if settings.database.url is None:
        grant_roles(url)
    return applied


def address_for(settings: Settings, url: str, role: CentreRole | None) -> str:
    """The address by which a process with this role uses the database that is open at `url`; None: as its owner.

    The address of a server of one's own says itself who connects. Raises StoreError when the schema is not this
    version's.
    """
    check_schema(url)
    if role is None or settings.database.url is not None:
        return url
    grant_roles(url)
    return role_url(url, role)


def has_database(settings: Settings) -> bool:
    """Whether there is one to open: a server is named, or the embedded one was made before."""
    return settings.database.url is not None or (settings.embedded_database_dir / "data" / "PG_VERSION").is_file()


def demo_hint(settings: Settings) -> str | None:
    """How the demonstration's database is asked, where there is a demonstration below this data_dir."""
    demo = settings.data_dir / DEMO_SETTINGS
    return f"the demonstration runs with: anpr --config {demo} …" if demo.is_file() else None
