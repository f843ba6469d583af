# SPDX-License-Identifier: AGPL-3.0-or-later
"""Forwards one day to one destination: queues what is stored, sends what waits, applies the receipts, reports."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from anpr.domain.delivery import DeliveryState, RunKind
from anpr.domain.errors import ForwardError
from anpr.forward.batch import MadeBatch, batch_context, groups_of, make_batch
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.one_ahead import one_ahead
from anpr.forward.profile.layout import record_file_name
from anpr.forward.progress import Progress, report_of
from anpr.forward.putting import BatchCounts, send_batches
from anpr.forward.receipts import collect_receipts
from anpr.forward.report import DayReport
from anpr.forward.run_log import begin_run, end_run
from anpr.forward.schedule import day_scope
from anpr.forward.taking import take_batches
from anpr.runtime.metrics import DELIVERIES, FORWARD_RUNS
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.batches import DeliveryBatch, open_batches, unanswered_batches
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
        progress.stop(str(exc), is_permanent=exc.permanent)
    report = report_of(job, scope, progress)
    end_run(job, run, report)
    _count(report)
    log.log(logging.WARNING if report.error else logging.INFO, "%s", report)
    return report


def _has_work(job: Job, scope: DayScope) -> bool:
    with job.database.transaction() as conn:
        if count_states(conn, scope)[DeliveryState.QUEUED] or open_batches(conn, scope):
            return True
        return job.profile.answers.kind == "receipt" and bool(unanswered_batches(conn, scope))


def _send_waiting(
    job: Job, client: DeliveryClient, lock: SessionLock, scope: DayScope, progress: Progress, between: Between | None
) -> None:
    """Several are sent at once and the next ones made meanwhile, unless something is to be done between two files."""

    def at_once() -> bool:
        return client.sends_many and between is None

    for expired, made in one_ahead(_made(job, scope, at_once), at_once):
        progress.batches += BatchCounts(expired=expired)
        if job.centre.stop.is_set():
            progress.stop(STOPPED)
            return
        lock.check()
        progress.add(send_batches(job, client, scope, made))
        if between is not None:
            between(lock)


def _made(job: Job, scope: DayScope, at_once: Callable[[], bool]) -> Iterator[tuple[int, list[MadeBatch]]]:
    """Batches to send at once, and how many transits expired before."""
    gates = job.gates()

    def new(number: int) -> DeliveryBatch:
        batch = DeliveryBatch(number=number, file_name="", created_at=job.clock.now(), attempts=1)
        name = record_file_name(job.profile, batch_context(job, scope, batch, gates, {}))
        return replace(batch, file_name=name)

    for taken in take_batches(job, scope, new, at_once=at_once):
        expired = taken.expired
        for group in groups_of(job.profile, taken.batches):
            yield expired, [make_batch(job, scope, each, gates) for each in group]
            expired = 0


def _count(report: DayReport) -> None:
    FORWARD_RUNS.labels(report.destination, report.outcome).inc()
    if report.error is not None:
        DELIVERIES.labels(report.destination, "run-failed").inc()
