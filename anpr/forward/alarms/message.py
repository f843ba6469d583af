# SPDX-License-Identifier: AGPL-3.0-or-later
"""One message about an alarm: its files by the profile, what was answered, and its rows in the audit."""

from anpr.domain.transit import Transit
from anpr.forward.batch import load_images
from anpr.forward.job import Job
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.sources import AlarmFacts, Context
from anpr.forward.receipts import verdicts_of
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict
from anpr.forward.run_log import ACTOR
from anpr.forward.schedule import local_day
from anpr.forward.stage import stage_override
from anpr.forward.transport import Receipt
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.forwarding.alarm_messages import AlarmMessage, ToldAlarm

_VERSION_STEP = 10**9
"""Between the numbers of two versions: more than twice the id of any alarm, so that no two files share a name."""


def lay_out_alarm(job: Job, message: AlarmMessage, alarm: ToldAlarm, transit: Transit) -> Layout:
    """The files of a message, named after alarm, message and version so that one sent again replaces the first."""
    is_outcome = message.message == "outcome"
    context = Context(
        destination=job.id,
        municipality=job.centre.settings.municipality,
        day=local_day(alarm.raised_at, job.centre.settings.zone),
        number=2 * alarm.id + is_outcome + (message.version - 1) * _VERSION_STEP,
        created_at=message.queued_at,
        gates=job.gates(),
        images=load_images(job, [transit]),
        alarm=AlarmFacts(
            id=alarm.id,
            message=message.message,
            version=message.version,
            kind=alarm.kind,
            plate=alarm.plate,
            list_id=alarm.list_id,
            list_name=alarm.list_name,
            priority=alarm.priority,
            raised_at=alarm.raised_at,
            outcome=alarm.outcome if is_outcome else None,
            closed_at=alarm.closed_at if is_outcome else None,
        ),
    )
    return lay_out(job.profile, [transit], context)


def verdict_of(job: Job, receipt: Receipt, transit: Transit) -> Verdict | None:
    """What was answered; None where nothing is expected, or nothing was said of this alarm."""
    found = verdicts_of(job.profile, receipt)
    return found.get(str(transit.id), found.get(WHOLE_FILE))


def record_message(conn: Connection, job: Job, message: AlarmMessage, phase: str, **more: str | None) -> None:
    """In the audit: that a message is sent (`begun`), or what came of it (`ended`, with outcome and error)."""
    override = stage_override(job)
    detail: dict[str, object] = {
        "phase": phase,
        "alarm": message.alarm_id,
        "message": message.message,
        "destination": job.id,
        "target": job.destination.target.address,
        "profile": job.profile_label,
        "protocol_until": job.destination.protocol_until.isoformat(),
        **{name: value for name, value in more.items() if value is not None},
    }
    if message.version > 1:
        detail["version"] = message.version
    if override is not None:
        detail["despite_stage"] = str(override)
    append(
        conn,
        AuditEvent(
            actor=ACTOR,
            action=AuditAction.FORWARDED,
            at=job.clock.now(),
            reason=job.destination.protocol,
            detail=detail,
        ),
    )
