# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stage gate: what the receiving office has not tested is not sent to another machine, unless somebody says why."""

from dataclasses import dataclass
from datetime import date

from anpr.domain.errors import ForwardError
from anpr.forward.job import Job, check_protocol
from anpr.forward.profile.model import Profile
from anpr.settings import DestinationSettings

TESTED_STAGES = frozenset({"tested", "accepted"})
"""Of a profile: the receiving office has read files of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageOverride:
    """Why it is sent below `tested` all the same, and who said so; `until` is the last day, None for one run."""

    reason: str
    by: str
    until: date | None = None

    def __str__(self) -> str:
        end = f", until {self.until.isoformat()}" if self.until else ""
        return f"{self.reason} ({self.by}{end})"


def needs_override(destination: DestinationSettings, profile: Profile) -> bool:
    """Whether it is below `tested` and would leave this machine: what stays here is a trial, of whatever stage."""
    return destination.target.leaves_machine and profile.status.stage not in TESTED_STAGES


def stage_refusal(destination: DestinationSettings, profile: Profile, today: date) -> str | None:
    """Why nothing is sent to this destination; None where its stage allows it, or the settings do despite it."""
    said = destination.despite_stage
    if not needs_override(destination, profile) or (said is not None and today <= said.until):
        return None
    ended = f" (despite_stage ended on {said.until.isoformat()})" if said is not None else ""
    return (
        f"forwarding.{destination.id}: profile {profile.name} is at stage {profile.status.stage}, below tested, so"
        f" nothing is sent to {destination.target.address}{ended}"
    )


def stage_override(job: Job) -> StageOverride | None:
    """What lets it be sent below `tested`: the run's own reason, else the settings' while it lasts; None where nothing
    does, or nothing is needed."""
    if not needs_override(job.destination, job.profile):
        return None
    if job.forced is not None:
        return StageOverride(reason=job.forced.reason, by=job.forced.by)
    said = job.destination.despite_stage
    if said is None or job.today > said.until:
        return None
    return StageOverride(reason=said.reason, by="despite_stage", until=said.until)


def check_stage(job: Job) -> None:
    """Raises ForwardError (permanent) where another machine would get what its office has not tested."""
    why = stage_refusal(job.destination, job.profile, job.today)
    if why is not None and job.forced is None:
        raise ForwardError(why, permanent=True)


def check_may_run(job: Job) -> None:
    """Raises ForwardError (permanent) unless agreement and stage allow a run now, StoreError."""
    check_protocol(job)
    check_stage(job)


def refusal(job: Job) -> str | None:
    """Why nothing is sent now; None where it is. Raises StoreError."""
    return refused(job)[1]


def refused(job: Job) -> tuple[str, str] | tuple[None, None]:
    """For what nothing is sent now, `agreement` or `stage`, and why; None where it is. Raises StoreError."""
    for what, check in (("agreement", check_protocol), ("stage", check_stage)):
        try:
            check(job)
        except ForwardError as exc:
            return what, str(exc)
    return None, None
