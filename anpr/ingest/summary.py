# SPDX-License-Identifier: AGPL-3.0-or-later
"""Summary of what ingest did since it started, and the same as metrics."""

from dataclasses import dataclass

from anpr.domain.counts import Counts
from anpr.ingest.store_batch import StoredBatch
from anpr.runtime.metrics import (
    ALARMS,
    DEAD_LETTERS_NOT_KEPT,
    DISCARDED,
    DISCARDED_IMAGES,
    HEALTH_REPORTS,
    POISON,
    SIGHTINGS,
    STORED,
    UNSIGNED,
)


@dataclass(frozen=True, kw_only=True)
class IngestSummary(Counts):
    """Counts since the start. `poison` is refused messages; `discarded` transits were counted and not kept."""

    transits: int = 0
    duplicates: int = 0
    images: int = 0
    alarms: int = 0
    poison: int = 0
    discarded: int = 0
    discarded_images: int = 0


def count(batch: StoredBatch) -> IngestSummary:
    """Count the batch in the metrics; gives its numbers to add up."""
    STORED.labels("stored").inc(batch.stored)
    STORED.labels("duplicate").inc(batch.duplicates)
    HEALTH_REPORTS.inc(batch.health)
    for sighting in batch.raised.sightings:
        SIGHTINGS.labels(sighting.watchlist_id).inc()
    for watchlist_id, number in batch.raised.new_by_list().items():
        ALARMS.labels(watchlist_id).inc(number)
    for refusal in batch.refusals:
        POISON.labels(refusal.record.topic, refusal.reason).inc()
    for topic, number in batch.unsigned.items():
        UNSIGNED.labels(topic).inc(number)
    for gate_id, number in batch.discarded.items():
        DISCARDED.labels(gate_id).inc(number)
    DISCARDED_IMAGES.inc(batch.discarded_images)
    DEAD_LETTERS_NOT_KEPT.inc(len(batch.refusals) - len(batch.letters))
    return IngestSummary(
        transits=batch.stored,
        duplicates=batch.duplicates,
        images=batch.images,
        alarms=len(batch.raised.new),
        poison=len(batch.refusals),
        discarded=sum(batch.discarded.values()),
        discarded_images=batch.discarded_images,
    )
