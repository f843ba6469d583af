# SPDX-License-Identifier: AGPL-3.0-or-later
"""Clock skew: compares each reader's clock with the broker's, since a transit's time is only as good as that clock.

A heartbeat says when it was sent; the broker stamps when it took it. The difference is that of the clocks plus the time
on the way, which only ever makes a heartbeat late. In the direct form reader and centre share one clock.
"""

import logging

from anpr.domain.health import HealthReport, SubjectKind
from anpr.ingest.batch import Batch
from anpr.runtime.metrics import CLOCK_SKEWS
from anpr.store.database.connection import Database
from anpr.store.health.clocks import Beat, record_clocks

log = logging.getLogger(__name__)


def watch_clocks(database: Database, batch: Batch, tolerance_s: float) -> None:
    """Judge the clocks of readers by the heartbeats in this batch; a batch that comes again changes nothing.

    `tolerance_s`: seconds a clock may be off. Raises StoreError.
    """
    beats = _beats(batch)
    if not beats:
        return
    with database.transaction() as conn:
        wrong = record_clocks(conn, beats, tolerance_s)
    for reader_id in wrong:
        CLOCK_SKEWS.labels(reader_id).inc()
        log.warning("reader %s: its clock is off by more than %.1f s", reader_id, tolerance_s)


def _beats(batch: Batch) -> list[Beat]:
    """Heartbeats with the time at which the broker took them."""
    return [
        (item, record.arrived_at)
        for record, item in zip(batch.records, batch.items, strict=True)
        if isinstance(item, HealthReport) and item.kind is SubjectKind.READER and record.arrived_at is not None
    ]
