# SPDX-License-Identifier: AGPL-3.0-or-later
"""Completeness reports: what a run did, as numbers that must add up, and as text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from anpr.domain.counts import Counts
from anpr.domain.delivery import DeliveryState, RunOutcome


@dataclass(frozen=True, kw_only=True)
class DayReport:
    """The completeness report of one day for one destination.

    `states` are all transits of the day, whatever run settled them; `sent`, `rejected`, `accepted`, `expired`, `files`
    and `bytes` are this run's. The day is complete when `stored` = sent + accepted + rejected + expired.
    """

    destination: str
    day: date
    profile: str
    stored: int = 0
    discarded: Mapping[str, int] = field(default_factory=dict)
    """Transits of the day, by purpose, that gates which keep hits only counted and did not store: there is nothing of
    them to send."""
    states: Mapping[DeliveryState, int] = field(default_factory=dict)
    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    expired: int = 0
    files: int = 0
    bytes: int = 0
    error: str | None = None
    is_permanent: bool = False
    """Whether `error` stays until somebody changes something."""
    has_stopped: bool = False
    """Whether `error` ended the run: what failed would fail for the next day too."""
    despite_stage: str | None = None
    """Why it was sent below stage `tested`."""

    @property
    def outcome(self) -> RunOutcome:
        """`failed` when something stopped it, `complete` when every stored transit is accounted for."""
        if self.error is not None:
            return RunOutcome.FAILED
        # More rows than transits is no gap: retention has dropped some of the transits in the meantime.
        is_complete = not self.waiting and self.stored <= self.settled
        return RunOutcome.COMPLETE if is_complete else RunOutcome.INCOMPLETE

    @property
    def settled(self) -> int:
        """Transits that need no more sending."""
        return sum(count for state, count in self.states.items() if state is not DeliveryState.QUEUED)

    @property
    def waiting(self) -> int:
        """Transits that the next run has to send."""
        return self.states.get(DeliveryState.QUEUED, 0)

    def counts(self) -> dict[str, int]:
        """The numbers that are stored with the run."""
        run = {f"run_{name}": getattr(self, name) for name in ("sent", "accepted", "rejected", "expired")}
        states = {state.value: self.states.get(state, 0) for state in DeliveryState}
        discarded = sum(self.discarded.values())
        return {
            "stored": self.stored,
            "discarded": discarded,
            **states,
            **run,
            "files": self.files,
            "bytes": self.bytes,
        }

    def __str__(self) -> str:
        parts = " + ".join(f"{state.value} {self.states.get(state, 0)}" for state in _REPORTED)
        gap = self.stored - self.settled - self.waiting
        late = f", not yet in the ledger {gap}" if gap > 0 else ""
        error = f": {self.error}" if self.error else ""
        apart = ", ".join(f"{number} for purpose {purpose}" for purpose, number in sorted(self.discarded.items()))
        despite = f"; DESPITE ITS STAGE: {self.despite_stage}" if self.despite_stage else ""
        apart = f" counted and never stored: {apart};" if apart else ""
        return (
            f"{self.destination} {self.day.isoformat()} {self.outcome}{error}: stored {self.stored} = {parts}{late};"
            f"{apart} this run {self.sent} transits in {self.files} files, {self.bytes} bytes; profile {self.profile}"
            f"{despite}"
        )


_REPORTED = (
    DeliveryState.SENT,
    DeliveryState.ACCEPTED,
    DeliveryState.REJECTED,
    DeliveryState.EXPIRED,
    DeliveryState.QUEUED,
)


@dataclass(frozen=True, kw_only=True)
class ForwardSummary(Counts):
    """What was forwarded while serving, over all destinations: transits, and runs that failed or were refused."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    expired: int = 0
    failures: int = 0


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """The reports of one run's days, oldest first. `busy`: another run held the lock, and this one did nothing."""

    destination: str
    days: tuple[DayReport, ...] = ()
    expired: int = 0
    busy: bool = False

    @property
    def has_failed(self) -> bool:
        """Whether the run must be tried again before its next regular time."""
        return self.busy or any(day.error is not None for day in self.days)

    @property
    def is_permanent(self) -> bool:
        """Whether a retry does not help until somebody changes something."""
        return any(day.is_permanent for day in self.days)
