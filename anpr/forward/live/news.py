# SPDX-License-Identifier: AGPL-3.0-or-later
"""News of one destination: what was stored and is queued now, by day, and the small file that it makes next."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from anpr.forward.batch import batch_context
from anpr.forward.job import Job
from anpr.forward.live.deferred import Deferred
from anpr.forward.profile.layout import record_file_name
from anpr.forward.schedule import day_scope, days_to_do, local_day
from anpr.store.database.connection import Connection
from anpr.store.forwarding.batches import DeliveryBatch, open_batches, unanswered_batches
from anpr.store.forwarding.deliveries import DayScope, queue_transits
from anpr.store.forwarding.live import claim_newest, has_waiting


@dataclass(kw_only=True)
class News:
    """What there is to send; `deferred` is left out for now."""

    job: Job
    deferred: Deferred

    @property
    def most(self) -> int:
        """Transits in one file at most."""
        return min(self.job.destination.live_batch_size, self.job.profile.batch_size)

    def queue(self, reach: timedelta) -> list[DayScope]:
        """Queue what was captured since; returns the days that were looked at, today first."""
        job = self.job
        now, kept, zone = job.clock.now(), job.kept, job.centre.settings.zone
        since = max(now - reach, kept.oldest)
        days = days_to_do(oldest=since, newest=local_day(now, zone), zone=zone)
        scopes = [day_scope(job.id, day, zone) for day in reversed(days)]
        with job.database.transaction() as conn:
            for scope in scopes:
                queue_transits(conn, replace(scope, since=max(scope.since, since)), kept, now)
        return scopes

    def with_news(self, scopes: list[DayScope], *, receipts: bool) -> list[DayScope]:
        """Those of the days that have something to send or, with `receipts`, files that wait for an answer."""
        asks = receipts and self.job.profile.answers.kind == "receipt"
        with self.job.database.transaction() as conn:
            return [
                scope
                for scope in scopes
                if has_waiting(conn, scope, self.deferred.ids()) or (asks and unanswered_batches(conn, scope))
            ]

    def batches(self, scope: DayScope) -> Iterator[DeliveryBatch]:
        """What an earlier run left open, then one new file."""
        with self.job.database.transaction() as conn:
            left_open = open_batches(conn, scope)
        yield from left_open
        with self.job.database.transaction() as conn:
            claimed = self.claim(conn, scope)
        if claimed is not None:
            yield claimed

    def claim(self, conn: Connection, scope: DayScope) -> DeliveryBatch | None:
        """A new file of the day's newest; None where nothing is queued. Call it under the run's lock."""
        job, now = self.job, self.job.clock.now()

        def name_of(number: int) -> str:
            batch = DeliveryBatch(number=number, file_name="", created_at=now, attempts=0)
            return record_file_name(job.profile, batch_context(job, scope, batch, {}, {}))

        kept = replace(scope, since=min(max(scope.since, job.kept.oldest), scope.until))
        return claim_newest(conn, kept, self.deferred.ids(), self.most, now, name_of)
