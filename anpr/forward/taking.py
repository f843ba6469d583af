# SPDX-License-Identifier: AGPL-3.0-or-later
"""Takes batches from the ledger: those that an earlier run left open, then new ones, as many at once as are sent at
once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from anpr.domain.transit import Transit
from anpr.forward.job import Job
from anpr.runtime.metrics import DELIVERIES
from anpr.store.database.connection import Connection
from anpr.store.forwarding.batches import (
    Claim,
    ClaimLimits,
    DeliveryBatch,
    Key,
    batch_transits,
    claim_batches,
    expire_unsendable,
    open_batches,
    start_attempt,
)
from anpr.store.forwarding.deliveries import DayScope

NewBatch = Callable[[int], DeliveryBatch]

MOST_AT_ONCE = 1000
"""Transits that are taken at once: the ledger is written as often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBatch:
    """A batch, and those of its transits that may be sent."""

    batch: DeliveryBatch
    transits: Sequence[Transit]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Batches taken at once; `expired` transits of them went past retention since they were queued."""

    batches: tuple[TakenBatch, ...]
    expired: int


def take_batches(job: Job, scope: DayScope, new: NewBatch, *, at_once: Callable[[], bool]) -> Iterator[Taken]:
    """All that waits, oldest first; what comes next is claimed only when it is asked for.

    `new` makes the batch of a number. `at_once` says, before each time, whether several batches may be
    taken together. Raises StoreError.
    """
    with job.database.transaction() as conn:
        left_open = open_batches(conn, scope)
    for batch in left_open:
        yield take_open(job, scope, batch)
    after: Key = (scope.since, UUID(int=0))
    while True:
        most = max(MOST_AT_ONCE // job.profile.batch_size, 1) if at_once() else 1
        with job.database.transaction() as conn:
            claim = _claim(conn, job, scope, new, after, most)
            if claim is None:
                return
            lacking = [batch.number for batch in claim.batches] if claim.lacking else []
            expired = expire_unsendable(conn, scope, lacking, job.kept, job.clock.now()) if lacking else 0
        after = claim.last
        yield _counted(job, _taken(claim.batches, claim.transits, expired))


def take_open(job: Job, scope: DayScope, batch: DeliveryBatch) -> Taken:
    """Take one batch that was claimed before. Raises StoreError."""
    with job.database.transaction() as conn:
        start_attempt(conn, scope, batch.number)
        expired = expire_unsendable(conn, scope, [batch.number], job.kept, job.clock.now())
        transits = batch_transits(conn, scope, [batch.number])
    return _counted(job, _taken([batch], transits, expired))


def _claim(conn: Connection, job: Job, scope: DayScope, new: NewBatch, after: Key, most: int) -> Claim | None:
    within = replace(scope, since=min(max(scope.since, job.kept.oldest), scope.until))
    limits = ClaimLimits(size=job.profile.batch_size, batches=most)
    return claim_batches(conn, within, job.kept, after, limits, new)


def _taken(batches: Sequence[DeliveryBatch], transits: Mapping[int, Sequence[Transit]], expired: int) -> Taken:
    taken = tuple(TakenBatch(batch=batch, transits=transits[batch.number]) for batch in batches)
    return Taken(batches=taken, expired=expired)


def _counted(job: Job, taken: Taken) -> Taken:
    DELIVERIES.labels(job.id, "expired").inc(taken.expired)  # after the commit: what fails next must not take it back
    return taken
