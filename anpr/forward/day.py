# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwards one day to one destination: queues what is stored, sends what waits, applies the receipts, reports."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from anpr.domain.delivery import DeliveryState, RunKind
from anpr.domain.errors import ForwardError
from anpr.forward.batch import BatchCounts, MadeBatch, batch_context, groups_of, make_batch, send_batches
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.one_ahead import one_ahead
from anpr.forward.profile.layout import record_file_name
from anpr.forward.receipts import ReceiptCounts, collect_receipts
from anpr.forward.report import DayReport
from anpr.forward.run_log import begin_run, end_run
from anpr.forward.schedule import day_scope
from anpr.forward.taking import take_batches
from anpr.runtime.metrics import DELIVERIES, FORWARD_RUNS
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.batches import DeliveryBatch, open_batches, unanswered_batches
from anpr.store.forwarding.deliveries import DayScope, count_states, queue_transits
from anpr.store.transits.discarded import discarded_by_purpose
from anpr.store.transits.rows import count_transits

STOPPED = "stopped before the end"
log = logging.getLogger(__name__)


@dataclass
class _Progress:
    """What a run has done so far, and what went wrong; kept apart so that a failure midway does not lose the counts."""

    batches: BatchCounts = field(default_factory=BatchCounts)
    receipts: ReceiptCounts = field(default_factory=ReceiptCounts)
    problems: list[str] = field(default_factory=list)
    is_permanent: bool = False


def forward_day(
    job: Job, client: DeliveryClient, lock: SessionLock, day: date, kind: RunKind, *, report_idle: bool
) -> DayReport | None:
    """Forward one calendar day of the site. Returns None when there is nothing to do, unless `report_idle`.

    A failure of the destination or the profile is in the report's `error`. Raises StoreError when the database fails:
    what was claimed by then stays open, and the next run sends it again under the same names.
    """
    scope = day_scope(job.id, day, job.centre.settings.zone)
    with job.database.transaction() as conn:
        queue_transits(conn, scope, job.kept, job.clock.now())
    if not report_idle and not _has_work(job, scope):
        return None
    run = begin_run(job, day, kind)
    progress = _Progress()
    try:
        _send_waiting(job, client, lock, scope, progress)
        fetched, problems = collect_receipts(job, client, scope)
        progress.receipts += fetched
        progress.problems += problems
    except ForwardError as exc:
        progress.problems.append(str(exc))
        progress.is_permanent = exc.permanent
    report = _report(job, scope, progress)
    end_run(job, run, report)
    _count(report)
    log.log(logging.WARNING if report.error else logging.INFO, "%s", report)
    return report


def _has_work(job: Job, scope: DayScope) -> bool:
    with job.database.transaction() as conn:
        if count_states(conn, scope)[DeliveryState.QUEUED] or open_batches(conn, scope):
            return True
        return job.profile.answers.kind == "receipt" and bool(unanswered_batches(conn, scope))


def _send_waiting(job: Job, client: DeliveryClient, lock: SessionLock, scope: DayScope, progress: _Progress) -> None:
    """The next batches are made while these are sent, where several are sent at once."""
    for expired, made in one_ahead(_made(job, client, scope), lambda: client.sends_many):
        progress.batches += BatchCounts(expired=expired)
        if job.centre.stop.is_set():
            progress.problems.append(STOPPED)
            return
        lock.check()
        result = send_batches(job, client, scope, made)
        progress.batches += result.counts
        progress.receipts += result.receipts
        progress.problems += [result.problem] if result.problem else []


def _made(job: Job, client: DeliveryClient, scope: DayScope) -> Iterator[tuple[int, list[MadeBatch]]]:
    """Batches to send at once, and how many transits expired before."""
    gates = job.gates()

    def new(number: int) -> DeliveryBatch:
        batch = DeliveryBatch(number=number, file_name="", created_at=job.clock.now(), attempts=1)
        name = record_file_name(job.profile, batch_context(job, scope, batch, gates, {}))
        return replace(batch, file_name=name)

    for taken in take_batches(job, scope, new, at_once=lambda: client.sends_many):
        expired = taken.expired
        for group in groups_of(job.profile, taken.batches):
            yield expired, [make_batch(job, scope, each, gates) for each in group]
            expired = 0


def _report(job: Job, scope: DayScope, progress: _Progress) -> DayReport:
    with job.database.transaction() as conn:
        states = count_states(conn, scope)
        stored = count_transits(conn, scope.since, scope.until)
        discarded = discarded_by_purpose(conn, scope.since, scope.until)
    batches, receipts = progress.batches, progress.receipts
    return DayReport(
        destination=job.id,
        day=scope.day,
        profile=job.profile_label,
        stored=stored,
        discarded=discarded,
        states=states,
        sent=batches.sent,
        accepted=receipts.accepted,
        rejected=batches.rejected + receipts.rejected,
        expired=batches.expired,
        files=batches.files,
        bytes=batches.bytes,
        error="; ".join(progress.problems) or None,
        is_permanent=progress.is_permanent,
    )


def _count(report: DayReport) -> None:
    FORWARD_RUNS.labels(report.destination, report.outcome).inc()
    if report.error is not None:
        DELIVERIES.labels(report.destination, "run-failed").inc()
