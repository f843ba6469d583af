# SPDX-License-Identifier: AGPL-3.0-or-later
"""Note of a process's settings in the audit, when it starts with others than at its last start: names of keys, no
values."""

import socket
from collections.abc import Mapping
from datetime import datetime

from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.database.queries import load_queries

_SQL = load_queries("audit_use")
_MOST_KEYS = 100
"""So many are named; of more, the digests tell."""


def note_settings(
    database: Database, process: str, actor: str, at: datetime, digests: Mapping[str, str], digest: str
) -> bool:
    """Append a row unless the process's last start, here or on another machine, had the same; gives whether it did.

    `changed_keys`: what differs from the last start on this machine, or else from the last one anywhere; none at the
    first. The console's role sees the rows as ITSELF only. Raises StoreError.
    """
    machine = socket.gethostname()
    values = {"process": process, "machine": machine}
    with database.transaction() as conn:
        row = conn.execute(_SQL["last_settings"], values).fetchone()
        if row is not None and row["detail"]["settings_digest"] == digest:
            return False
        detail: dict[str, object] = {**values, "settings_digest": digest, "digests": dict(digests)}
        if row is not None:
            detail["changed_keys"] = _changed(row["detail"].get("digests") or {}, digests)[:_MOST_KEYS]
        append(conn, AuditEvent(actor=actor, action=AuditAction.SETTINGS_CHANGED, at=at, detail=detail))
    return True


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
