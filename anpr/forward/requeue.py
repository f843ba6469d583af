# SPDX-License-Identifier: AGPL-3.0-or-later
"""Requeue: sends rejected transits again, after the profile was corrected, or those that were never answered."""

from datetime import date

from anpr.domain.completeness import UNANSWERED_AFTER
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.forward.job import Job
from anpr.forward.run_log import ACTOR
from anpr.forward.schedule import day_scope
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.scope import Scope
from anpr.store.forwarding.requeues import requeue, requeue_unanswered


def requeue_day(job: Job, day: date, actor: str, reason: str, *, unanswered: bool = False) -> int:
    """Queue the rejected transits of this day again that are still stored, or the `unanswered` ones: sent
    UNANSWERED_AFTER ago to a destination that answers, which did not; returns how many.

    With an entry in the audit, and undone in the console, as one that was made there. Raises InputError without a
    reason, or for a destination that answers nothing; StoreError when the database fails.
    """
    if not reason.strip():
        raise InputError("--reason: say why; it is recorded")
    if unanswered and job.profile.answers.kind == "none":
        raise InputError(f"--unanswered: {job.id} answers nothing, so that nothing is missing")
    scope = day_scope(job.id, day, job.centre.settings.zone)
    author = Author(name=actor, at=job.clock.now())
    with job.centre.database.limited_to(Scope(organisation_id=MANAGER, day=job.today)).transaction() as conn:
        if unanswered:
            made = requeue_unanswered(conn, scope, author.at - UNANSWERED_AFTER, reason, author)
        else:
            made = requeue(conn, scope, "", None, reason, author)
        count = made.number if made else 0
        detail = {"phase": "requeued", "destination": job.id, "day": day.isoformat(), "transits": count, "by": ACTOR}
        event = AuditEvent(actor=actor, action=AuditAction.FORWARDED, at=author.at, reason=reason, detail=detail)
        append(conn, event)
    return count
