# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells the database of a destination: that there is one, how far its profile has come, and why nothing is sent."""

from anpr.forward.job import Job
from anpr.forward.stage import refused, stage_override
from anpr.runtime.metrics import FORWARD_REFUSED
from anpr.store.accounting.unqueued import tell_destination
from anpr.store.forwarding.standing import StageStanding, tell_stage


def tell_of(job: Job) -> None:
    """Note in the database that there is this destination: what leaves it unqueued is counted, and pages and reports
    say its stage. Raises StoreError."""
    stage = stage_standing(job)
    FORWARD_REFUSED.labels(job.id).set(stage.refusal is not None)
    with job.database.transaction() as conn:
        tell_destination(conn, job.id, job.destination.organisation, job.clock.now())
        tell_stage(conn, job.id, stage, is_live=job.destination.live)


def stage_standing(job: Job) -> StageStanding:
    """How the destination stands now, without what one run may do by its own reason. Raises StoreError."""
    status, override = job.profile.status, stage_override(job)
    refused_for, why = refused(job)
    return StageStanding(
        profile=f"{job.profile.name} {job.profile.revision}",
        stage=status.stage,
        office=status.office,
        stage_date=status.date,
        document=status.document,
        refusal=why,
        refused_for=refused_for,
        despite_reason=override.reason if override else None,
        despite_until=override.until if override else None,
    )
