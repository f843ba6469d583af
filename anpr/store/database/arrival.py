# SPDX-License-Identifier: AGPL-3.0-or-later
"""One short try to connect: whether a database server is away, which is worth waiting for, or refuses us."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

from anpr.domain.errors import StoreError
from anpr.store.database.connection import check_form, mapped_errors

TRY_WITHIN_S = 2
"""The shortest that the client library knows."""


def why_away(url: str) -> str | None:
    """Why nobody answers at this address, in one line without a password; None when somebody does.

    A server that starts or stops is away. Raises StoreError for an address that cannot be parsed, and when the server
    asked for a password and did not take ours: waiting does not help.
    """
    check_form(url)
    try:
        with mapped_errors():
            psycopg.connect(url, connect_timeout=TRY_WITHIN_S).close()
    except StoreError as exc:
        if _was_asked_for_a_password(exc.__cause__):
            raise
        return str(exc)
    return None


def server_of(url: str) -> str:
    """Host and port in this address, as people write them; `localhost` where it names none. Raises StoreError."""
    check_form(url)
    parts = conninfo_to_dict(url)
    hosts, ports = (str(parts.get(key) or default) for key, default in (("host", "localhost"), ("port", "5432")))
    return f"{hosts}:{ports}"


def _was_asked_for_a_password(cause: BaseException | None) -> bool:
    pgconn = cause.pgconn if isinstance(cause, psycopg.OperationalError) else None
    return pgconn is not None and bool(pgconn.used_password or pgconn.needs_password)
