# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes what readers report of themselves and their cameras, and what follows from their silence."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from anpr.domain.health import AWAY, STOPPED, HealthReport, SubjectKind
from anpr.domain.signature import Signature
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.health.timelines import Owner, Since, Span, Subject, Timeline, open_timelines, save_timelines

OFFLINE_AFTER = timedelta(seconds=90)
"""A reader that sent no report for so long is offline; it reports three times as often."""

_SQL = load_queries("health")


def record_health(conn: Connection, reports: Iterable[HealthReport], heard_at: datetime) -> int:
    """Update the intervals by these reports; returns how many of them said something new.

    A report that is older than what is known of its subject changes nothing, so that order and repetition do not
    matter. What a reader says of itself corrects what was thought of it while it was silent.
    """
    in_order = sorted(reports, key=lambda report: (_subject(report), report.at))
    timelines = open_timelines(conn, _since(in_order), heard_at)
    told = sum(_record_one(timelines[_subject(report)], report, heard_at) for report in in_order)
    save_timelines(conn, timelines.values())
    return told


def record_heartbeats(conn: Connection, signatures: Mapping[str, Signature]) -> None:
    """Note how each reader's last report about itself came; after `record_health`, in its transaction."""
    if signatures:
        ids = sorted(signatures)
        conn.execute(_SQL["heartbeats"], {"ids": ids, "signatures": [str(signatures[each]) for each in ids]})


def mark_offline(conn: Connection, now: datetime) -> list[str]:
    """Readers not heard of for OFFLINE_AFTER by our own clock are away since their last report; the ids of new ones."""
    conn.execute(_SQL["heard_ahead"], {"now": now})
    silent = conn.execute(_SQL["silent_readers"], {"before": now - OFFLINE_AFTER}).fetchall()
    since: Since = {
        Subject(SubjectKind.READER, row["id"]): (
            row["reported_at"],
            Owner(reader_id=row["reader_id"], gate_ids=tuple(row["gate_ids"])),
        )
        for row in silent
    }
    timelines = open_timelines(conn, since, now)
    for subject, (reported_at, _) in since.items():
        away = Span(started_at=reported_at, ended_at=None, state=AWAY)
        timelines[subject].replace_from(reported_at, [away])
    save_timelines(conn, timelines.values())
    return [row["id"] for row in silent]


def _subject(report: HealthReport) -> Subject:
    return Subject(report.kind, report.id)


def _since(reports: Iterable[HealthReport]) -> Since:
    since: dict[Subject, tuple[datetime, Owner]] = {}
    for report in reports:
        first = report.changes[0].since
        earlier, _ = since.get(_subject(report), (first, None))
        since[_subject(report)] = min(first, earlier), Owner.of(report)
    return since


def _record_one(timeline: Timeline, report: HealthReport, heard_at: datetime) -> bool:
    known_until = timeline.known_until
    if known_until is not None and report.at <= known_until:
        return False
    timeline.hear(Owner.of(report), report.at, heard_at)
    spans = _spans(report)
    if report.kind is SubjectKind.READER and known_until is not None and known_until < spans[0].started_at:
        spans = _with_gap(timeline, known_until, spans)
    timeline.replace_from(spans[0].started_at, spans)
    return True


def _spans(report: HealthReport) -> list[Span]:
    ends: list[datetime | None] = [*(change.since for change in report.changes[1:]), None]
    return [
        Span(started_at=change.since, ended_at=end, state=change.state)
        for change, end in zip(report.changes, ends, strict=True)
        if end is None or end > change.since
    ]


def _with_gap(timeline: Timeline, known_until: datetime, spans: list[Span]) -> list[Span]:
    """A reader that began anew after we last heard of it was away in between, unless it had said that it stops."""
    last = timeline.from_moment(known_until)
    if not last or last[-1].state == STOPPED:
        return spans
    return [Span(started_at=known_until, ended_at=spans[0].started_at, state=AWAY), *spans]
