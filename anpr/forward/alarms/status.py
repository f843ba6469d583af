# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of a destination of alarms as lines of text, and the way back of what was given up."""

from collections.abc import Iterator

from anpr.forward.alarms.requeue import requeue_messages
from anpr.forward.job import Job
from anpr.forward.run_log import ACTOR
from anpr.forward.stage import refusal, stage_override
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.store.forwarding.alarm_messages import message_counts


def alarm_status(job: Job, settings: AlarmDestinationSettings) -> Iterator[str]:
    """Profile, agreement and lists, then how many messages are in each state. Raises StoreError."""
    until = job.destination.protocol_until.isoformat()
    yield f"{job.id}: alarms; profile {job.profile_label}; agreement {job.destination.protocol!r} until {until}"
    named = [
        *settings.kinds,
        *settings.lists,
        *(f"{id} (local: {basis})" for id, basis in settings.local_lists.items()),
    ]
    yield f"  lists: {', '.join(named)}"
    if (why := refusal(job)) is not None:
        yield f"  NOTHING IS TOLD: {why}"
    if (override := stage_override(job)) is not None:
        yield f"  TOLD DESPITE ITS STAGE: {override}"
    with job.database.transaction() as conn:
        counts = message_counts(conn, job.id)
    for message, state, number, reason in counts:
        yield f"  {message}: {state} {number}" + (f", such as: {reason}" if reason else "")
    if not counts:
        yield "  nothing told yet"


def tell_again(job: Job, actor: str, reason: str) -> int:
    """Queue what was rejected or given up again, with an entry in the audit; returns how many.

    Raises InputError without a reason, StoreError.
    """
    with job.database.transaction() as conn:
        return requeue_messages(conn, job.id, actor, reason, job.clock.now(), by=ACTOR)
