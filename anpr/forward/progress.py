# SPDX-License-Identifier: AGPL-3.0-or-later
"""Progress of a run over one day, and the report that is made of it."""

from dataclasses import dataclass, field

from anpr.forward.job import Job
from anpr.forward.putting import BatchCounts, BatchResult
from anpr.forward.receipts import ReceiptCounts
from anpr.forward.report import DayReport
from anpr.forward.stage import stage_override
from anpr.store.forwarding.deliveries import DayScope, count_states
from anpr.store.transits.discarded import discarded_by_purpose
from anpr.store.transits.rows import count_transits

MAX_PROBLEMS = 20
"""Different ones that a report names."""


@dataclass
class Progress:
    """What a run has done so far, and what went wrong; kept apart so that a failure midway does not lose the counts."""

    batches: BatchCounts = field(default_factory=BatchCounts)
    receipts: ReceiptCounts = field(default_factory=ReceiptCounts)
    problems: list[str] = field(default_factory=list)
    is_permanent: bool = False
    has_stopped: bool = False

    def add(self, result: BatchResult) -> None:
        """Count a batch that was sent."""
        self.batches += result.counts
        self.receipts += result.receipts
        self._note([result.problem] if result.problem else [])

    def add_receipts(self, receipts: ReceiptCounts, problems: list[str]) -> None:
        """Count what receipts settled, and what was wrong with them."""
        self.receipts += receipts
        self._note(problems)

    def stop(self, why: str, *, is_permanent: bool = False) -> None:
        """The run ends here: what failed would fail for whatever comes next."""
        self.problems.append(why)
        self.is_permanent = is_permanent
        self.has_stopped = True

    def _note(self, problems: list[str]) -> None:
        new = [problem for problem in problems if problem not in self.problems]
        self.problems += new[: MAX_PROBLEMS - len(self.problems)]


def report_of(job: Job, scope: DayScope, progress: Progress) -> DayReport:
    """The day as it stands, with what the run did. Raises StoreError."""
    with job.database.transaction() as conn:
        states = count_states(conn, scope)
        stored = count_transits(conn, scope.since, scope.until)
        discarded = discarded_by_purpose(conn, scope.since, scope.until)
    batches, receipts = progress.batches, progress.receipts
    return DayReport(
        destination=job.id,
        day=scope.day,
        profile=job.profile_label,
        stored=stored,
        discarded=discarded,
        states=states,
        sent=batches.sent,
        accepted=receipts.accepted,
        rejected=batches.rejected + receipts.rejected,
        expired=batches.expired,
        files=batches.files,
        bytes=batches.bytes,
        error="; ".join(progress.problems) or None,
        is_permanent=progress.is_permanent,
        has_stopped=progress.has_stopped,
        despite_stage=str(override) if (override := stage_override(job)) else None,
    )
