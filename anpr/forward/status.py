# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of a destination, as lines of text."""

from collections.abc import Iterator

from anpr.domain.delivery import DeliveryState
from anpr.domain.errors import ForwardError
from anpr.forward.job import Job, check_protocol
from anpr.store.forwarding.deliveries import counts_by_day, rejections
from anpr.store.forwarding.runs import ForwardRun, list_runs


def destination_status(job: Job) -> Iterator[str]:
    """Profile and agreement, then each day of the ledger, each reason for rejections, and the latest runs.

    Raises StoreError.
    """
    until = job.destination.protocol_until.isoformat()
    yield f"{job.id}: profile {job.profile_label}; agreement {job.destination.protocol!r} until {until}"
    try:
        check_protocol(job)
    except ForwardError as exc:
        yield f"  NOTHING IS FORWARDED: {exc}"
    with job.database.transaction() as conn:
        days, reasons, runs = counts_by_day(conn, job.id), rejections(conn, job.id), list_runs(conn, job.id)
    for day, states in days.items():
        counts = ", ".join(f"{state.value} {states[state]}" for state in DeliveryState if state in states)
        yield f"  {day.isoformat()}: {counts}"
    for day, reason, count in reasons:
        yield f"  {day.isoformat()}: rejected {count}: {reason}"
    for run in runs:
        yield _run_line(run)
    if not runs:
        yield "  no run yet"


def _run_line(run: ForwardRun) -> str:
    ended = run.outcome.value if run.outcome else "not ended: under way, or killed"
    error = f": {run.error}" if run.error else ""
    sent = run.counts.get("run_sent", 0)
    started = run.started_at.isoformat(timespec="seconds")
    return f"  run {run.id} {started} {run.kind} for {run.day.isoformat()}: {ended}, {sent} sent{error}"
