# SPDX-License-Identifier: AGPL-3.0-or-later
"""State of the mailed heads, kept in the audit itself: when all addresses were last written to, and what fails
since."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from anpr.store.audit import AuditAction
from anpr.store.database.connection import Connection, Database, mapped_errors
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit")


@dataclass(frozen=True, kw_only=True, slots=True)
class MailState:
    """`mailed_at`: when the head was last mailed to all addresses (UTC; None: never). `failed_at`, `failure`: since
    when and why it fails; None while it does not."""

    mailed_at: datetime | None
    failed_at: datetime | None = None
    failure: str | None = None


def mail_state(conn: Connection) -> MailState:
    """How mailing stands."""
    mailed = conn.execute(_SQL["last_mailed"]).fetchone()
    newest = conn.execute(_SQL["mail_state"]).fetchone()
    mailed_at = mailed["at"] if mailed else None
    if newest is None or newest["action"] != AuditAction.AUDIT_MAIL_FAILED:
        return MailState(mailed_at=mailed_at)
    return MailState(mailed_at=mailed_at, failed_at=newest["at"], failure=str(newest["detail"].get("failure")))


@contextmanager
def alone(database: Database) -> Iterator[bool]:
    """Whether nobody else mails meanwhile: several processes of ingest would each send the same head."""
    conn = database.connect(autocommit=True)
    try:
        with mapped_errors():
            taken = bool(one_row(conn, _SQL["mail_alone"])["alone"])
        yield taken
    finally:
        conn.close()
