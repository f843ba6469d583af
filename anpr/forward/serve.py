# SPDX-License-Identifier: AGPL-3.0-or-later
"""The forwarder process: serves every destination on its schedule, each in a thread, until it is stopped."""

import logging
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import nullcontext
from threading import Event

from anpr.domain.errors import ForwardError
from anpr.forward.alarms.teller import alarm_job, serve_alarms
from anpr.forward.completeness.morning import reporting
from anpr.forward.destination_loop import LOOK_AGAIN_S, serve_destination
from anpr.forward.job import Centre, Job, check_protocol, prepare_job
from anpr.forward.report import ForwardSummary
from anpr.forward.stage import check_stage, stage_override
from anpr.forward.standing import tell_of
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore

log = logging.getLogger(__name__)


def run_forwarder(
    settings: Settings,
    database: Database,
    images: ImageStore,
    clock: Clock,
    stop: Event,
    *,
    reports: bool = False,
) -> ForwardSummary:
    """Serve every destination of the settings until `stop` is set; each in a thread, so that none waits for another.

    With `reports`, the completeness report of each morning is made too, by a thread that waits by the clock.

    Raises ForwardError at once when a profile or a target is wrong, or no destination has a valid agreement. Whatever
    fails later is logged, counted and tried again. Without destinations it only waits for `stop`.
    """
    centre = Centre(settings=settings, database=database, images=images, clock=clock, stop=stop)
    jobs = [prepare_job(centre, destination) for destination in settings.forwarding]
    _refuse_if_none_may(jobs)
    if not jobs and not settings.alarm_forwarding:
        log.info("no destination is configured: nothing is forwarded")
        while not clock.wait(stop, LOOK_AGAIN_S):
            pass
        return ForwardSummary()
    for job in jobs:
        tell_of(job)
    tellers = [(alarm_job(centre, each), each) for each in settings.alarm_forwarding]
    with (
        reporting(database, settings, clock) if reports else nullcontext(),
        ThreadPoolExecutor(max_workers=len(jobs) + len(tellers), thread_name_prefix="forward") as pool,
    ):
        futures = [pool.submit(serve_destination, job) for job in jobs]
        futures += [pool.submit(serve_alarms, job, each) for job, each in tellers]
        wait(futures, return_when=FIRST_EXCEPTION)
        if any(future.done() and future.exception() for future in futures):
            stop.set()  # a bug in one must not leave the others running as if all were well
        return sum((future.result() for future in futures), ForwardSummary())


def _tell_stage(job: Job) -> None:
    """A stage that forbids sending does not end the process: reports are made, and other destinations served."""
    if job.profile.status.stage != "accepted":
        log.warning("destination %s: profile %s is not accepted by the receiving office", job.id, job.profile.name)
    if (override := stage_override(job)) is not None:
        log.warning("destination %s: is sent despite stage %s: %s", job.id, job.profile.status.stage, override)
    try:
        check_stage(job)
    except ForwardError as exc:
        log.error("destination %s: NOTHING WILL BE SENT: %s", job.id, exc)


def _refuse_if_none_may(jobs: Sequence[Job]) -> None:
    refusals = []
    for job in jobs:
        try:
            check_protocol(job)
        except ForwardError as exc:
            refusals.append(exc)
        log.info("destination %s: profile %s", job.id, job.profile_label)
        _tell_stage(job)
    if jobs and len(refusals) == len(jobs):
        raise refusals[0]
