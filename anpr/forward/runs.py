# SPDX-License-Identifier: AGPL-3.0-or-later
"""The three kinds of run for one destination: manual (one day), nightly, and at an interval; one at a time."""

from datetime import date, datetime, timedelta

from anpr.domain.delivery import RunKind
from anpr.domain.errors import InputError
from anpr.forward.day import Between, forward_day
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.expiry import expire_unsent
from anpr.forward.job import Job
from anpr.forward.report import DayReport, RunReport
from anpr.forward.schedule import day_scope, days_to_do
from anpr.forward.stage import check_may_run
from anpr.forward.standing import tell_of
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.runs import run_lock


def run_day(job: Job, day: date) -> RunReport:
    """Manual run: forward this day now.

    Raises InputError for a day that has not begun or is past retention, otherwise as `run_days`.
    """
    if day > job.today:
        raise InputError(f"day {day.isoformat()}: lies in the future")
    if day_scope(job.id, day, job.centre.settings.zone).until <= job.kept.oldest:
        kept = job.centre.settings.retention.longest_days
        raise InputError(f"day {day.isoformat()}: is past retention ({kept} days), nothing of it may be sent")
    return run_days(job, [day], RunKind.MANUAL)


def run_nightly(job: Job, between: Between | None = None) -> RunReport:
    """Nightly run: forward yesterday, and before it whatever earlier days within retention still lack. `between` is
    called after each file.

    Raises as `run_days`.
    """
    days = _days(job, job.kept.oldest, job.today - timedelta(days=1))
    return run_days(job, days, RunKind.NIGHTLY, between=between)


def run_interval(job: Job, *, catch_up: bool) -> RunReport:
    """Interval run: forward what is new of today and yesterday; with `catch_up`, of every day within retention.

    Raises as `run_days`.
    """
    since = job.kept.oldest if catch_up else job.clock.now() - timedelta(days=1)
    return run_days(job, _days(job, since, job.today), RunKind.INTERVAL, expire=catch_up)


def _days(job: Job, oldest: datetime, newest: date) -> list[date]:
    return days_to_do(oldest=oldest, newest=newest, zone=job.centre.settings.zone)


def run_days(
    job: Job, days: list[date], kind: RunKind, *, expire: bool = True, between: Between | None = None
) -> RunReport:
    """Forward these days, oldest first, until the destination or the profile fails: the next day would fail too. After
    an answer that cannot be read the other days go on.

    The report is `busy` when another run for this destination holds the lock. With `expire`, what is past retention is
    marked first. Raises ForwardError (permanent) where agreement or stage forbid it, StoreError when the database
    fails.
    """
    tell_of(job)
    check_may_run(job)
    with run_lock(job.database, job.id) as lock:
        if lock is None:
            return RunReport(destination=job.id, busy=True)
        expired = expire_unsent(job) if expire else 0
        with DeliveryClient(job) as client:
            return RunReport(destination=job.id, expired=expired, days=_forward(job, client, lock, days, kind, between))


def _forward(
    job: Job, client: DeliveryClient, lock: SessionLock, days: list[date], kind: RunKind, between: Between | None
) -> tuple[DayReport, ...]:
    reports = []
    for day in days:
        # The newest day always gets a report: "no transits" must not look like "no run".
        report_idle = kind is not RunKind.INTERVAL and day == days[-1]
        report = forward_day(job, client, lock, day, kind, report_idle=report_idle, between=between)
        if report is not None:
            reports.append(report)
            if report.has_stopped:
                break
    return tuple(reports)
