# SPDX-License-Identifier: AGPL-3.0-or-later
"""Least privilege in the embedded server: each process of the centre connects by a login role of its own.

The kernel says which user a process belongs to (`peer`), and access.py lets our users take every role: no login has a
password. A role holds what comes in by SQL; it is no wall against somebody who runs programs as our user.
"""

from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from psycopg import errors

from anpr.domain.errors import StoreError
from anpr.settings import resource_path
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import PARTITIONED

TRIES = 5
"""Others may change rows of the catalogue under us all the same, as a vacuum does."""
_LOCKS = ("roles", "retention", *(f"partition {table}" for table in (*PARTITIONED, "deliveries", "discarded_transits")))
"""Nobody makes or drops days meanwhile: their rows of the catalogue would change under one of us, which is an error."""


class CentreRole(StrEnum):
    """A process of the centre, as config/postgres/roles.sql names its rights: `anpr_ingest`."""

    INGEST = "ingest"
    CONSOLE = "console"
    FORWARD = "forward"
    NOTIFY = "notify"

    @property
    def login(self) -> str:
        """The name by which the process connects."""
        return f"anpr_{self}_login"


def grant_roles(url: str) -> None:
    """Give each role its rights and its login, as the owner at `url`, on the schema of this version.

    It may be done at any time, also while the system runs: nobody sees half of it. Raises StoreError.
    """
    with Database(url, pool_size=1, application="anpr roles") as database:
        for left in reversed(range(TRIES)):
            try:
                with database.transaction() as conn:
                    _grant(conn)
                return
            except StoreError as exc:
                if left == 0 or not isinstance(exc.__cause__, errors.InternalError_ | errors.UndefinedTable):
                    raise


def role_url(url: str, role: CentreRole) -> str:
    """The owner's address of an embedded database, for this role's login."""
    return urlunsplit(urlsplit(url)._replace(netloc=f"{role.login}@"))


def _grant(conn: Connection) -> None:
    for lock in _LOCKS:
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"anpr {lock}",))
    conn.execute(resource_path("config", "postgres", "roles.sql").read_bytes())
    for role in CentreRole:
        if not conn.execute("SELECT FROM pg_roles WHERE rolname = %s", (role.login,)).fetchall():
            conn.execute(f"CREATE ROLE {role.login} LOGIN IN ROLE anpr_{role}".encode())
