# SPDX-License-Identifier: AGPL-3.0-or-later
"""Micro-batches of one destination: a short poll, one small file a turn, the newest first; back-off when it fails.

A turn queues what was stored, takes the lock that every run takes, and sends one file. What a dead process left open is
sent first, under its old name. What cannot be sent stays queued: the nightly run takes it.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from anpr.domain.delivery import LiveState
from anpr.domain.errors import AnprError, ForwardError, StoreError
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.live.board import LiveBoard
from anpr.forward.live.deferred import Deferred
from anpr.forward.live.news import News
from anpr.forward.live.spell import LiveSpell
from anpr.forward.putting import BatchResult, send_batch
from anpr.forward.receipts import ReceiptCounts, collect_receipts
from anpr.forward.report import ForwardSummary
from anpr.forward.stage import check_may_run
from anpr.runtime.backoff import doubled_s
from anpr.runtime.metrics import FORWARD_RUNS
from anpr.store.database.session_lock import SessionLock
from anpr.store.forwarding.batches import DeliveryBatch
from anpr.store.forwarding.deliveries import DayScope
from anpr.store.forwarding.live import batch_delays
from anpr.store.forwarding.runs import run_lock

REACH = timedelta(minutes=15)
"""A turn looks for what was captured in the last minutes; what arrived later than that is found by a sweep."""
SWEEP_EVERY_S = 300.0
SWEEP_REACH = timedelta(days=1)
"""A sweep looks at today and yesterday, and for receipts; what is older waits for the nightly run."""
RETRY_MIN_S = 5.0
RETRY_MAX_S = 900.0
PERMANENT_RETRY_S = 3600.0
STORE_RETRY_MAX_S = 60.0
"""A database that is back is used soon; asking it costs no other office anything."""
BUSY_S = 5.0
"""Until the next look while another run holds the lock."""
TRY_PAUSES_S = (0.5,)
"""One more try at once: a server may have closed a connection that was idle."""
log = logging.getLogger(__name__)


class LiveSender:
    """Sends what is new within seconds. Not thread-safe; `close` it at the end."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._board = LiveBoard(job)
        self._news = News(job=job, deferred=Deferred(job.clock))
        self._spells: dict[date, LiveSpell] = {}
        self._client: DeliveryClient | None = None
        self._failures = 0
        self._next_at = self._swept_at = job.clock.monotonic()

    def pause_s(self) -> float:
        """Seconds until the next turn is due."""
        return max(0.0, self._next_at - self._job.clock.monotonic())

    def turn(self) -> ForwardSummary:
        """One look, when it is due, and one small file for each day that has news; returns what was sent."""
        return self._guarded(self._look) if not self.pause_s() else ForwardSummary()

    def turn_within(self, lock: SessionLock) -> ForwardSummary:
        """The same for today's news while a nightly run of this thread holds the lock: between two of its files."""
        return self._guarded(lambda: self._look_within(lock)) if not self.pause_s() else ForwardSummary()

    def close(self) -> None:
        """End the run under way and the connection."""
        self._disconnect()
        try:
            self._end_spells()
        except StoreError as exc:
            log.error("destination %s: the run was not recorded as ended: %s", self._job.id, exc)
        self._board.show(LiveState.STOPPED)

    def _guarded(self, look: Callable[[], ForwardSummary]) -> ForwardSummary:
        try:
            sent = look()
        except ForwardError as exc:
            self._fell_back(exc, is_permanent=exc.permanent)
        except AnprError as exc:
            self._fell_back(exc, is_permanent=False)
        else:
            return sent
        return ForwardSummary(failures=1)

    def _look(self) -> ForwardSummary:
        clock, wait_s = self._job.clock, self._job.destination.live_wait_s
        is_sweep = clock.monotonic() >= self._swept_at
        scopes = self._news.with_news(self._news.queue(SWEEP_REACH if is_sweep else REACH), receipts=is_sweep)
        self._next_at = clock.monotonic() + wait_s
        sent = ForwardSummary()
        if scopes:
            check_may_run(self._job)
            with run_lock(self._job.database, self._job.id) as lock:
                if lock is None:
                    self._next_at = clock.monotonic() + max(BUSY_S, wait_s)
                    self._board.show(LiveState.BUSY)
                    return sent
                for scope in scopes:
                    sent += self._send(lock, scope, self._news.batches(scope), receipts=is_sweep)
        if is_sweep:
            self._swept_at = clock.monotonic() + SWEEP_EVERY_S
        self._went_well()
        return sent

    def _look_within(self, lock: SessionLock) -> ForwardSummary:
        self._next_at = self._job.clock.monotonic() + self._job.destination.live_wait_s
        (today, *_) = self._news.queue(REACH)
        with self._job.database.transaction() as conn:
            claimed = self._news.claim(conn, today)
        sent = self._send(lock, today, [claimed] if claimed else [], receipts=False)
        self._went_well()
        return sent

    def _send(
        self, lock: SessionLock, scope: DayScope, batches: Iterable[DeliveryBatch], *, receipts: bool
    ) -> ForwardSummary:
        sent = ForwardSummary()
        gates = self._job.gates()
        for batch in batches:
            if self._job.centre.stop.is_set():
                break
            lock.check()
            spell = self._spell_of(scope)  # on record before anything leaves
            result = send_batch(self._job, self._connected(), scope, batch, gates)
            spell.progress.add(result)
            sent += self._noted(scope, batch, result)
        if receipts:
            sent += self._collect(scope)
        return sent

    def _noted(self, scope: DayScope, batch: DeliveryBatch, result: BatchResult) -> ForwardSummary:
        self._news.deferred.add(result.waiting)
        answered = self._job.profile.answers.kind != "none"
        with self._job.database.transaction() as conn:
            self._board.took(batch_delays(conn, scope, batch.number, is_answered=answered))
        counts, receipts = result.counts, result.receipts
        if counts.sent + counts.rejected + counts.waiting >= self._news.most:
            self._next_at = self._job.clock.monotonic()  # a full file: there may be more
        return ForwardSummary(
            sent=counts.sent,
            accepted=receipts.accepted,
            rejected=counts.rejected + receipts.rejected,
            expired=counts.expired,
        )

    def _collect(self, scope: DayScope) -> ForwardSummary:
        if self._job.profile.answers.kind != "receipt":
            return ForwardSummary()
        found, problems = collect_receipts(self._job, self._connected(), scope)
        if found != ReceiptCounts() or problems:
            self._spell_of(scope).progress.add_receipts(found, problems)
        return ForwardSummary(accepted=found.accepted, rejected=found.rejected)

    def _spell_of(self, scope: DayScope) -> LiveSpell:
        spell = self._spells.get(scope.day)
        if spell is None:
            spell = self._spells[scope.day] = LiveSpell.begin(self._job, scope)
        return spell

    def _end_spells(self, error: str | None = None, *, only_over: bool = False) -> None:
        for day, spell in list(self._spells.items()):
            if only_over and not spell.is_over:
                continue
            del self._spells[day]
            report = spell.end(error)
            FORWARD_RUNS.labels(self._job.id, report.outcome).inc()
            log.log(logging.WARNING if report.error else logging.INFO, "%s", report)

    def _connected(self) -> DeliveryClient:
        if self._client is None:
            self._client = DeliveryClient(self._job, pauses_s=TRY_PAUSES_S)
        return self._client

    def _disconnect(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _went_well(self) -> None:
        if self._failures:
            log.info("destination %s: live again", self._job.id)
        self._failures = 0
        self._end_spells(only_over=True)
        self._board.show(LiveState.LIVE)

    def _fell_back(self, exc: AnprError, *, is_permanent: bool) -> None:
        """What is queued stays so; the nightly run takes it where no later try does."""
        most = STORE_RETRY_MAX_S if isinstance(exc, StoreError) else RETRY_MAX_S
        pause = PERMANENT_RETRY_S if is_permanent else doubled_s(RETRY_MIN_S, self._failures, most)
        self._failures += 1
        self._next_at = self._job.clock.monotonic() + pause
        next_at = self._job.clock.now() + timedelta(seconds=pause)
        self._disconnect()
        log.warning(
            "destination %s: live forwarding stopped: %s; next try at %s, and the run at %s takes what is left",
            self._job.id, exc, next_at.isoformat(timespec="seconds"), self._job.destination.at,
        )  # fmt: skip
        try:
            self._end_spells(str(exc))
        except StoreError as store_exc:
            log.error("destination %s: the run was not recorded as ended: %s", self._job.id, store_exc)
        self._board.show(LiveState.RETRYING, str(exc), next_at)
