# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way back of messages that were rejected or given up, with its row in the audit; for the verb and the console."""

from datetime import datetime

from anpr.domain.errors import InputError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.forwarding.alarm_messages import send_again


def requeue_messages(conn: Connection, destination: str, actor: str, reason: str, at: datetime, *, by: str = "") -> int:
    """Queue them again; returns how many. `by`: through what the actor did it, where that is not the console.

    Raises InputError without a reason, StoreError.
    """
    if not reason.strip():
        raise InputError("--reason: say why; it is recorded")
    count = send_again(conn, destination, at)
    detail: dict[str, object] = {"phase": "requeued", "destination": destination, "counts": {"alarms": count}}
    if by:
        detail["by"] = by
    append(conn, AuditEvent(actor=actor, action=AuditAction.FORWARDED, at=at, reason=reason, detail=detail))
    return count
