# SPDX-License-Identifier: AGPL-3.0-or-later
"""Expiry: marks transits that went past retention without having been sent, with an entry in the audit."""

import logging
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from anpr.domain.kept_from import KeptFrom
from anpr.forward.job import Job
from anpr.forward.run_log import record_expired
from anpr.forward.schedule import day_scope, days_to_do, local_day
from anpr.runtime.metrics import DELIVERIES
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import utc_day
from anpr.store.forwarding.deliveries import expire_missed, expire_queued
from anpr.store.forwarding.runs import forget_runs
from anpr.store.transits.rows import oldest_transit

log = logging.getLogger(__name__)


def expire_unsent(job: Job) -> int:
    """Mark everything past retention that was not sent; returns how many transits. Raises StoreError.

    Forgets the runs that are older than the audit as well.
    """
    now, kept = job.clock.now(), job.kept
    with job.database.transaction() as conn:
        by_day = expire_queued(conn, job.id, kept, now)
        for day, missed in _expire_missed(conn, job, kept, now).items():
            by_day[day] = by_day.get(day, 0) + missed
        if by_day:
            record_expired(conn, job, by_day, now)
        forget_runs(conn, now - timedelta(days=job.centre.settings.retention.audit_days))
    total = sum(by_day.values())
    if total:
        log.warning("destination %s: %d transits went past retention without having been sent", job.id, total)
        DELIVERIES.labels(job.id, "expired").inc(total)
    return total


def _expire_missed(conn: Connection, job: Job, kept: KeptFrom, now: datetime) -> dict[date, int]:
    """Transits that no run ever queued, by day; only days that have some."""
    zone = job.centre.settings.zone
    # As far back as the ledger goes: before that, what has no row may well have been sent.
    oldest_kept = utc_day(now) - timedelta(days=job.centre.settings.retention.ledger_days)
    floor = datetime.combine(oldest_kept, time(), UTC)
    oldest = oldest_transit(conn)
    if oldest is None:
        return {}
    floor = max(floor, oldest)
    by_day = {}
    for day in days_to_do(oldest=floor, newest=local_day(kept.newest, zone), zone=zone):
        scope = day_scope(job.id, day, zone)
        late = replace(scope, since=max(scope.since, floor), until=min(scope.until, kept.newest))
        if missed := expire_missed(conn, late, kept, now):
            by_day[day] = missed
    return by_day
