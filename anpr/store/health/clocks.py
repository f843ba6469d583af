# SPDX-License-Identifier: AGPL-3.0-or-later
"""States of readers' clocks, judged by what the broker's clock said when their heartbeats came."""

from collections.abc import Iterable
from datetime import datetime

from anpr.domain.health import CLOCK_BEATS, CLOCK_SKEWED, HealthReport, SubjectKind, clock_state
from anpr.store.database.connection import Connection
from anpr.store.health.timelines import Owner, Span, Subject, Timeline, open_timelines, save_timelines

Beat = tuple[HealthReport, datetime]
"""What a reader said of itself, and when the broker took it (UTC)."""


def record_clocks(conn: Connection, beats: Iterable[Beat], tolerance_s: float) -> list[str]:
    """Judge the clocks of the readers whose heartbeats these are; the ids of those that have just turned out wrong.

    A heartbeat that was judged already changes nothing. `tolerance_s`: seconds a clock may be off.
    """
    in_order = sorted(beats, key=lambda beat: (beat[0].reader_id, beat[1]))
    if not in_order:
        return []
    since = {_clock(report): (arrived_at, Owner.of(report)) for report, arrived_at in reversed(in_order)}
    timelines = open_timelines(conn, since, min(arrived_at for _, arrived_at in in_order))
    wrong = [
        report.reader_id
        for report, arrived_at in in_order
        if _judge(timelines[_clock(report)], report, arrived_at, tolerance_s)
    ]
    save_timelines(conn, timelines.values())
    return wrong


def _judge(timeline: Timeline, report: HealthReport, arrived_at: datetime, tolerance_s: float) -> bool:
    if timeline.known_until is not None and arrived_at <= timeline.known_until:
        return False
    timeline.hear(Owner.of(report), arrived_at, arrived_at)
    offset_s = (report.at - arrived_at).total_seconds()
    timeline.offsets = [*timeline.offsets, offset_s][-CLOCK_BEATS:]
    state = clock_state(timeline.offsets, tolerance_s)
    stored = timeline.from_moment(arrived_at)
    if stored and stored[-1].state == state:
        return False
    timeline.replace_from(arrived_at, [Span(started_at=arrived_at, ended_at=None, state=state)])
    return state == CLOCK_SKEWED


def _clock(report: HealthReport) -> Subject:
    return Subject(SubjectKind.CLOCK, report.reader_id)
