"""What ingest did since it started, as numbers and as metrics."""

from dataclasses import dataclass

from anpr.ingest.store_batch import Recorded
from anpr.runtime.metrics import ALARMS, HEALTH_REPORTS, POISON, STORED


@dataclass(frozen=True, kw_only=True, slots=True)
class IngestSummary:
    """Counts since the start. `poison` is messages that were refused."""

    transits: int = 0
    duplicates: int = 0
    images: int = 0
    alarms: int = 0
    poison: int = 0

    def __add__(self, other: "IngestSummary") -> "IngestSummary":
        return IngestSummary(
            transits=self.transits + other.transits,
            duplicates=self.duplicates + other.duplicates,
            images=self.images + other.images,
            alarms=self.alarms + other.alarms,
            poison=self.poison + other.poison,
        )


def count(recorded: Recorded) -> IngestSummary:
    """The batch as metrics, and as numbers to add up."""
    STORED.labels("stored").inc(recorded.stored)
    STORED.labels("duplicate").inc(recorded.duplicates)
    HEALTH_REPORTS.inc(recorded.health)
    for alarm in recorded.alarms:
        ALARMS.labels(alarm.watchlist_id).inc()
    for refusal in recorded.refusals:
        POISON.labels(refusal.record.topic, refusal.reason).inc()
    return IngestSummary(
        transits=recorded.stored,
        duplicates=recorded.duplicates,
        images=recorded.images,
        alarms=len(recorded.alarms),
        poison=len(recorded.refusals),
    )
