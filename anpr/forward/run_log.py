# SPDX-License-Identifier: AGPL-3.0-or-later
"""Run log: a run's row in forward_runs, and its entries in the audit (communication, D.Lgs. 51/2018 art. 21)."""

from dataclasses import replace
from datetime import date, datetime

from anpr.domain.delivery import RunKind
from anpr.forward.job import Job
from anpr.forward.report import DayReport
from anpr.forward.stage import stage_override
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection
from anpr.store.forwarding.runs import ForwardRun, finish_run, start_run

ACTOR = "forward"


def begin_run(job: Job, day: date, kind: RunKind) -> ForwardRun:
    """Record that a run begins. Committed before any data is sent, so that a killed run is on record too."""
    run = ForwardRun(
        id=0,
        destination=job.id,
        day=day,
        kind=kind,
        profile=job.profile_label,
        protocol=job.destination.protocol,
        started_at=job.clock.now(),
        finished_at=None,
        outcome=None,
        counts={},
        error=None,
        despite_stage=str(override) if (override := stage_override(job)) else None,
    )
    with job.database.transaction() as conn:
        run = replace(run, id=start_run(conn, run))
        append(conn, _event(job, run, "begun"))
    return run


def end_run(job: Job, run: ForwardRun, report: DayReport) -> ForwardRun:
    """Record what the run did; returns it as ended."""
    run = replace(run, finished_at=job.clock.now(), outcome=report.outcome, counts=report.counts(), error=report.error)
    with job.database.transaction() as conn:
        finish_run(conn, run)
        append(conn, _event(job, run, "ended"))
    return run


def refuse_run(job: Job, day: date, kind: RunKind, error: str) -> None:
    """Record a run that was due and refused, with the reason."""
    run = begin_run(job, day, kind)
    end_run(job, run, DayReport(destination=job.id, day=day, profile=job.profile_label, error=error))


def record_expired(conn: Connection, job: Job, by_day: dict[date, int], at: datetime) -> None:
    """Record in the audit how many transits, by day, went past retention without having been sent."""
    detail = {"destination": job.id, "transits": {day.isoformat(): count for day, count in sorted(by_day.items())}}
    append(conn, AuditEvent(actor=ACTOR, action=AuditAction.FORWARD_EXPIRED, at=at, detail=detail))


def _event(job: Job, run: ForwardRun, phase: str) -> AuditEvent:
    detail = {
        "phase": phase,
        "run": run.id,
        "destination": run.destination,
        "target": job.destination.target.address,
        "day": run.day.isoformat(),
        "kind": run.kind.value,
        "profile": run.profile,
        "protocol_until": job.destination.protocol_until.isoformat(),
    }
    if run.despite_stage is not None:
        detail["despite_stage"] = run.despite_stage
    if run.finished_at is not None:
        detail |= {"outcome": str(run.outcome), "counts": dict(run.counts), "error": run.error}
    return AuditEvent(
        actor=ACTOR,
        action=AuditAction.FORWARDED,
        at=run.finished_at or run.started_at,
        reason=run.protocol,
        detail=detail,
    )
