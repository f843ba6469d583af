# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scheduler of one destination: waits until a run is due, runs it, and after a failure retries with growing pauses."""

import logging
from contextlib import closing
from datetime import datetime, timedelta

from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.errors import AnprError, ForwardError, StoreError
from anpr.forward.job import Job
from anpr.forward.live import LiveSender
from anpr.forward.report import ForwardSummary, RunReport
from anpr.forward.run_log import refuse_run
from anpr.forward.runs import run_interval, run_nightly
from anpr.forward.schedule import local_day, start_after, start_before
from anpr.runtime.backoff import doubled_s
from anpr.runtime.metrics import DELIVERIES, FORWARD_RUNS, preset
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.runs import has_good_run

RETRY_MIN_S = 60.0
RETRY_MAX_S = 3600.0
CATCH_UP_EVERY_S = 3600.0
"""Seconds between two interval runs that look at all days within retention, not only today and yesterday."""
LOOK_AGAIN_S = 300.0
"""Seconds of one wait at most: the wall clock may be set, and a machine may sleep, in the meantime."""
log = logging.getLogger(__name__)


def serve_destination(job: Job) -> ForwardSummary:
    """Run this destination's schedule until the centre's `stop` is set; returns what was forwarded."""
    with closing(_DestinationLoop(job)) as loop:
        while not loop.wait_until_due():
            loop.run()
    return loop.summary


class _DestinationLoop:
    """The schedule of one destination: when the next run is due, the retries after failures, and live turns between."""

    def __init__(self, job: Job) -> None:
        self.summary = ForwardSummary()
        self._job = job
        self._failures = 0
        self._caught_up_at: float | None = None
        self._live = LiveSender(job) if job.destination.live else None
        for outcome in RunOutcome:
            preset(FORWARD_RUNS, job.id, outcome)
        self._due = self._first_due()

    def wait_until_due(self) -> bool:
        """Wait for the next start; true when stop was set."""
        clock, stop = self._job.clock, self._job.centre.stop
        while (left := (self._due - clock.now()).total_seconds()) > 0:
            if clock.wait(stop, min(left, self._live_turn())):
                return True
        return stop.is_set()

    def _live_turn(self) -> float:
        """Send what is new, where it is sent live; seconds until the next look."""
        if self._live is None:
            return LOOK_AGAIN_S
        self.summary += self._live.turn()
        return min(self._live.pause_s(), LOOK_AGAIN_S)

    def _between(self, lock: SessionLock) -> None:
        if self._live is not None:
            self.summary += self._live.turn_within(lock)

    def close(self) -> None:
        """End what is sent live."""
        if self._live is not None:
            self._live.close()

    def run(self) -> None:
        """One run, and the time of the next."""
        try:
            report = self._run()
        except ForwardError as exc:
            self._refused(exc)
        except AnprError as exc:
            log.error("destination %s: %s", self._job.id, exc)
            self._failed(is_permanent=False)
        else:
            self._add(report)
            if report.busy:
                log.warning("destination %s: another run is under way", self._job.id)
            if report.has_failed:
                self._failed(is_permanent=report.is_permanent)
            else:
                self._failures = 0
                self._due = self._regular()

    def _run(self) -> RunReport:
        if self._job.destination.every_s is None:
            return run_nightly(self._job, self._between)
        now = self._job.clock.monotonic()
        catch_up = self._caught_up_at is None or now - self._caught_up_at >= CATCH_UP_EVERY_S
        report = run_interval(self._job, catch_up=catch_up)
        if catch_up and not report.has_failed:
            self._caught_up_at = now
        return report

    def _refused(self, exc: ForwardError) -> None:
        # Loud every time: an agreement that ended silently would look like a quiet night.
        log.error("destination %s: refused: %s", self._job.id, exc)
        DELIVERIES.labels(self._job.id, "run-refused").inc()
        FORWARD_RUNS.labels(self._job.id, RunOutcome.FAILED).inc()
        self.summary += ForwardSummary(failures=1)
        kind = RunKind.NIGHTLY if self._job.destination.every_s is None else RunKind.INTERVAL
        try:
            refuse_run(self._job, self._job.today, kind, str(exc))
        except StoreError as store_exc:
            log.error("destination %s: the refusal was not recorded: %s", self._job.id, store_exc)
        self._due = start_after(self._job.clock.now(), self._job.destination.at, self._job.centre.settings.zone)

    def _failed(self, *, is_permanent: bool) -> None:
        self.summary += ForwardSummary(failures=1)
        pause = RETRY_MAX_S if is_permanent else doubled_s(RETRY_MIN_S, self._failures, RETRY_MAX_S)
        self._failures = min(self._failures + 1, 10)
        self._due = self._job.clock.now() + timedelta(seconds=pause)
        log.warning("destination %s: next try at %s", self._job.id, self._due.isoformat(timespec="seconds"))

    def _regular(self) -> datetime:
        destination, now = self._job.destination, self._job.clock.now()
        if destination.every_s is not None:
            return now + timedelta(seconds=destination.every_s)
        return start_after(now, destination.at, self._job.centre.settings.zone)

    def _first_due(self) -> datetime:
        """At once, unless a run since the last start is known to have gone well."""
        destination, zone, now = self._job.destination, self._job.centre.settings.zone, self._job.clock.now()
        if destination.every_s is not None:
            return now
        last = start_before(now, destination.at, zone)
        yesterday = local_day(last, zone) - timedelta(days=1)
        try:
            with self._job.database.transaction() as conn:
                is_done = has_good_run(conn, self._job.id, yesterday, last)
        except StoreError as exc:
            log.error("destination %s: %s", self._job.id, exc)
            return now
        return self._regular() if is_done else now

    def _add(self, report: RunReport) -> None:
        names = ("sent", "accepted", "rejected", "expired")
        counts = {name: sum(getattr(day, name) for day in report.days) for name in names}
        counts["expired"] += report.expired
        self.summary += ForwardSummary(**counts)
