# SPDX-License-Identifier: AGPL-3.0-or-later
"""Status of a destination, as lines of text."""

from collections.abc import Iterator
from datetime import datetime

from anpr.domain.delivery import DeliveryState
from anpr.forward.job import Job
from anpr.forward.stage import refusal, stage_override
from anpr.store.forwarding.deliveries import counts_by_day, rejections
from anpr.store.forwarding.runs import ForwardRun, list_runs
from anpr.store.forwarding.standing import LiveStanding, destination_standings


def destination_status(job: Job) -> Iterator[str]:
    """Profile and agreement, then each day of the ledger, each reason for rejections, and the latest runs.

    Raises StoreError.
    """
    until = job.destination.protocol_until.isoformat()
    yield f"{job.id}: profile {job.profile_label}; agreement {job.destination.protocol!r} until {until}"
    if (why := refusal(job)) is not None:
        yield f"  NOTHING IS FORWARDED: {why}"
    if (override := stage_override(job)) is not None:
        yield f"  SENT DESPITE ITS STAGE: {override}"
    with job.database.transaction() as conn:
        days, reasons, runs = counts_by_day(conn, job.id), rejections(conn, job.id), list_runs(conn, job.id)
        standing = destination_standings(conn).get(job.id)
    if job.destination.live:
        yield _live_line(standing.live if standing else None, job.clock.now())
    for day, states in days.items():
        counts = ", ".join(f"{state.value} {states[state]}" for state in DeliveryState if state in states)
        yield f"  {day.isoformat()}: {counts}"
    for day, reason, count in reasons:
        yield f"  {day.isoformat()}: rejected {count}: {reason}"
    for run in runs:
        yield _run_line(run)
    if not runs:
        yield "  no run yet"


def _live_line(live: LiveStanding | None, now: datetime) -> str:
    if live is None:
        return "  live: not heard of yet; does `anpr forward serve` run?"
    if live.is_silent(now):
        return f"  live: SILENT since {_moment(live.seen_at)}; does `anpr forward serve` run?"
    since = f"  live: {live.state} since {_moment(live.since)}"
    if live.error is not None:
        next_try = f"; next try {_moment(live.next_at)}" if live.next_at else ""
        return f"{since}: {live.error}{next_try}; the nightly run takes what is left"
    if live.p50_s is None or live.p95_s is None:
        return f"{since}; nothing was accepted in the last 15 minutes"
    times = f"p50 {live.p50_s:.1f} s, p95 {live.p95_s:.1f} s from store to acceptance"
    return f"{since}; {live.delivered} transits in the last 15 minutes, {times}"


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _run_line(run: ForwardRun) -> str:
    ended = run.outcome.value if run.outcome else "not ended: under way, or killed"
    error = f": {run.error}" if run.error else ""
    sent = run.counts.get("run_sent", 0)
    started = run.started_at.isoformat(timespec="seconds")
    despite = f"; despite stage: {run.despite_stage}" if run.despite_stage else ""
    return f"  run {run.id} {started} {run.kind} for {run.day.isoformat()}: {ended}, {sent} sent{error}{despite}"
