"""A run for one destination: the days within retention, under a lock, and nothing that is past it."""

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from anpr.domain.delivery import RunKind
from anpr.domain.errors import InputError
from anpr.forward.day import forward_day
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job, check_protocol
from anpr.forward.report import DayReport, RunReport
from anpr.forward.run_log import record_expired
from anpr.forward.schedule import day_scope, days_to_do, local_day
from anpr.runtime.metrics import DELIVERIES
from anpr.store.database.partitions import utc_day
from anpr.store.forwarding.deliveries import expire_missed, expire_queued
from anpr.store.forwarding.runs import RunLock, forget_runs, run_lock

log = logging.getLogger(__name__)


def run_day(job: Job, day: date) -> RunReport:
    """Forward this day now, by hand. Raises ForwardError without a valid agreement, InputError for a day that
    has not begun or is past retention."""
    if day > job.today:
        raise InputError(f"day {day.isoformat()}: lies in the future")
    if day_scope(job.id, day, job.centre.settings.zone).until <= job.cutoff:
        kept = job.centre.settings.retention.transit_days
        raise InputError(f"day {day.isoformat()}: is past retention ({kept} days), nothing of it may be sent")
    return run_days(job, [day], RunKind.MANUAL)


def run_nightly(job: Job) -> RunReport:
    """Forward yesterday, and before it whatever earlier days within retention still lack."""
    return run_days(job, _days(job, job.cutoff, job.today - timedelta(days=1)), RunKind.NIGHTLY)


def run_interval(job: Job, *, catch_up: bool) -> RunReport:
    """Forward what is new of today and yesterday; with `catch_up`, of every day within retention."""
    since = job.cutoff if catch_up else job.clock.now() - timedelta(days=1)
    return run_days(job, _days(job, since, job.today), RunKind.INTERVAL, expire=catch_up)


def _days(job: Job, oldest: datetime, newest: date) -> list[date]:
    return days_to_do(oldest=oldest, newest=newest, zone=job.centre.settings.zone)


def run_days(job: Job, days: list[date], kind: RunKind, *, expire: bool = True) -> RunReport:
    """Forward these days, oldest first, until one fails: the destination that refuses one would refuse the next.

    `busy` in the report when another run for this destination is under way. Raises ForwardError (permanent) without
    a valid agreement, StoreError when the database fails.
    """
    check_protocol(job)
    with run_lock(job.database, job.id) as lock:
        if lock is None:
            return RunReport(destination=job.id, busy=True)
        expired = _expire(job) if expire else 0
        with DeliveryClient(job) as client:
            return RunReport(destination=job.id, expired=expired, days=_forward(job, client, lock, days, kind))


def _forward(job: Job, client: DeliveryClient, lock: RunLock, days: list[date], kind: RunKind) -> tuple[DayReport, ...]:
    reports = []
    for day in days:
        # Of the newest day there is always a report: "nothing passed" must not look like "nothing ran".
        report_idle = kind is not RunKind.INTERVAL and day == days[-1]
        report = forward_day(job, client, lock, day, kind, report_idle=report_idle)
        if report is not None:
            reports.append(report)
            if report.error is not None:
                break
    return tuple(reports)


def _expire(job: Job) -> int:
    """Mark everything past retention that was not sent, with an audit entry; returns how many transits."""
    zone, now, cutoff = job.centre.settings.zone, job.clock.now(), job.cutoff
    # As far back as the ledger goes: before that, what has no row may well have been sent.
    oldest_kept = utc_day(now) - timedelta(days=job.centre.settings.retention.ledger_days)
    floor = datetime.combine(oldest_kept, time(), UTC)
    with job.database.transaction() as conn:
        by_day = expire_queued(conn, job.id, cutoff, now)
        for day in days_to_do(oldest=floor, newest=local_day(cutoff, zone), zone=zone):
            scope = day_scope(job.id, day, zone)
            late = replace(scope, since=max(scope.since, floor), until=min(scope.until, cutoff))
            missed = expire_missed(conn, late, now)
            if missed:
                by_day[day] = by_day.get(day, 0) + missed
        if by_day:
            record_expired(conn, job, by_day, now)
        forget_runs(conn, now - timedelta(days=job.centre.settings.retention.audit_days))
    total = sum(by_day.values())
    if total:
        log.warning("destination %s: %d transits went past retention without having been sent", job.id, total)
        DELIVERIES.labels(job.id, "expired").inc(total)
    return total
