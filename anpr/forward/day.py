# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwards one day to one destination: queues what is stored, sends what waits, applies the receipts, reports."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

from anpr.domain.delivery import DeliveryState, RunKind
from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.forward.batch import batch_context, send_batch
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.profile.layout import record_file_name
from anpr.forward.progress import Progress, report_of
from anpr.forward.receipts import collect_receipts
from anpr.forward.report import DayReport
from anpr.forward.run_log import begin_run, end_run
from anpr.forward.schedule import day_scope
from anpr.runtime.metrics import DELIVERIES, FORWARD_RUNS
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.batches import DeliveryBatch, Key, claim_batch, open_batches, unanswered_batches
from anpr.store.forwarding.deliveries import DayScope, count_states, queue_transits

STOPPED = "stopped before the end"
Between = Callable[[SessionLock], None]
"""What is done between two files of a run: news of live forwarding need not wait for the night's backlog."""
log = logging.getLogger(__name__)


def forward_day(  # noqa: PLR0913  what a run shares over its days
    job: Job,
    client: DeliveryClient,
    lock: SessionLock,
    day: date,
    kind: RunKind,
    *,
    report_idle: bool,
    between: Between | None = None,
) -> DayReport | None:
    """Forward one calendar day of the site. Returns None when there is nothing to do, unless `report_idle`. `between`
    is called after each file, under the lock.

    A failure of the destination or the profile is in the report's `error`. Raises StoreError when the database fails:
    what was claimed by then stays open, and the next run sends it again under the same names.
    """
    scope = day_scope(job.id, day, job.centre.settings.zone)
    with job.database.transaction() as conn:
        queue_transits(conn, scope, job.kept, job.clock.now())
    if not report_idle and not _has_work(job, scope):
        return None
    run = begin_run(job, day, kind)
    progress = Progress()
    try:
        _send_waiting(job, client, lock, scope, progress, between)
        fetched, problems = collect_receipts(job, client, scope)
        progress.add_receipts(fetched, problems)
    except ForwardError as exc:
        progress.problems.append(str(exc))
        progress.is_permanent = exc.permanent
    report = report_of(job, scope, progress)
    end_run(job, run, report)
    _count(report)
    log.log(logging.WARNING if report.error else logging.INFO, "%s", report)
    return report


def _not_expired(job: Job, scope: DayScope) -> DayScope:
    return replace(scope, since=min(max(scope.since, job.kept.oldest), scope.until))


def _has_work(job: Job, scope: DayScope) -> bool:
    with job.database.transaction() as conn:
        if count_states(conn, scope)[DeliveryState.QUEUED] or open_batches(conn, scope):
            return True
        return job.profile.answers.kind == "receipt" and bool(unanswered_batches(conn, scope))


def _send_waiting(
    job: Job, client: DeliveryClient, lock: SessionLock, scope: DayScope, progress: Progress, between: Between | None
) -> None:
    gates = job.gates()
    for batch in _batches(job, scope, gates):
        if job.centre.stop.is_set():
            progress.problems.append(STOPPED)
            return
        lock.check()
        result = send_batch(job, client, scope, batch, gates)
        progress.add(result)
        if between is not None:
            between(lock)


def _batches(job: Job, scope: DayScope, gates: dict[str, Gate]) -> Iterator[DeliveryBatch]:
    """The batches that an earlier run left open, then new ones, each claimed only when the one before it is done."""
    with job.database.transaction() as conn:
        left_open = open_batches(conn, scope)
    yield from left_open
    after: Key = (scope.since, UUID(int=0))
    while (claimed := _claim(job, scope, gates, after)) is not None:
        batch, after = claimed
        yield batch


def _claim(job: Job, scope: DayScope, gates: dict[str, Gate], after: Key) -> tuple[DeliveryBatch, Key] | None:
    now = job.clock.now()

    def name_of(number: int) -> str:
        batch = DeliveryBatch(number=number, file_name="", created_at=now, attempts=0)
        return record_file_name(job.profile, batch_context(job, scope, batch, gates, {}))

    with job.database.transaction() as conn:
        return claim_batch(conn, _not_expired(job, scope), after, job.profile.batch_size, now, name_of)


def _count(report: DayReport) -> None:
    FORWARD_RUNS.labels(report.destination, report.outcome).inc()
    if report.error is not None:
        DELIVERIES.labels(report.destination, "run-failed").inc()
