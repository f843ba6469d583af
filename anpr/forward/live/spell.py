# SPDX-License-Identifier: AGPL-3.0-or-later
"""Spell of live forwarding: what is sent of one day within an hour is one run, with its row and its audit."""

from dataclasses import dataclass, field

from anpr.domain.delivery import RunKind
from anpr.forward.job import Job
from anpr.forward.progress import Progress, report_of
from anpr.forward.report import DayReport
from anpr.forward.run_log import begin_run, end_run
from anpr.store.forwarding.deliveries import DayScope
from anpr.store.forwarding.runs import ForwardRun

MOST_S = 3600.0
"""Seconds of one spell: a run for each small file would be a row of the audit every second."""


@dataclass(kw_only=True)
class LiveSpell:
    """A run under way. Begun, and committed, before anything is sent."""

    job: Job
    scope: DayScope
    run: ForwardRun
    began_at: float
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def begin(cls, job: Job, scope: DayScope) -> "LiveSpell":
        """Raises StoreError."""
        run = begin_run(job, scope.day, RunKind.LIVE)
        return cls(job=job, scope=scope, run=run, began_at=job.clock.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether it has lasted long enough."""
        return self.job.clock.monotonic() - self.began_at >= MOST_S

    def end(self, error: str | None) -> DayReport:
        """Raises StoreError."""
        if error is not None:
            self.progress.problems.append(error)
        report = report_of(self.job, self.scope, self.progress)
        end_run(self.job, self.run, report)
        return report
