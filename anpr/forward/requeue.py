# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requeue: sends rejected transits again, after the profile was corrected."""

from datetime import date

from anpr.domain.errors import InputError
from anpr.forward.job import Job
from anpr.forward.run_log import ACTOR
from anpr.forward.schedule import day_scope
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.forwarding.deliveries import requeue_rejected


def requeue_day(job: Job, day: date, actor: str, reason: str) -> int:
    """Queue the rejected transits of this day again, with an entry in the audit; returns how many.

    Raises InputError without a reason, StoreError when the database fails.
    """
    if not reason.strip():
        raise InputError("--reason: say why; it is recorded")
    with job.database.transaction() as conn:
        count = requeue_rejected(conn, day_scope(job.id, day, job.centre.settings.zone))
        detail = {"phase": "requeued", "destination": job.id, "day": day.isoformat(), "transits": count, "by": ACTOR}
        event = AuditEvent(actor=actor, action=AuditAction.FORWARDED, at=job.clock.now(), reason=reason, detail=detail)
        append(conn, event)
    return count
