# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health intervals: states of cameras and readers over time, so that a search can say when nothing was recorded."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.health import (
    AWAY,
    CLOCK_BEATS,
    CLOCK_SKEWED,
    STOPPED,
    HealthInterval,
    HealthReport,
    SubjectKind,
    clock_state,
)
from anpr.domain.signature import Signature
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

OFFLINE_AFTER = timedelta(seconds=90)
"""A reader that sent no report for so long is offline; it reports three times as often."""
MIN_GAP = timedelta(seconds=10)
"""Shorter gaps, as when a camera connects, are not shown beside answers."""

_SQL = load_queries("health")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    started_at: datetime
    ended_at: datetime | None
    state: str


def record_health(conn: Connection, reports: Iterable[HealthReport], heard_at: datetime) -> int:
    """Update the intervals by these reports; returns how many of them said something new.

    A report that is older than what is known of its subject changes nothing, so that order and repetition do not
    matter. What a reader says of itself corrects what was thought of it while it was silent.
    """
    in_order = sorted(reports, key=lambda report: (report.kind, report.id, report.at))
    return sum(_record_one(conn, report, heard_at) for report in in_order)


def record_heartbeats(conn: Connection, signatures: Mapping[str, Signature]) -> None:
    """Note how each reader's last report about itself came; after `record_health`, in its transaction."""
    if signatures:
        ids = sorted(signatures)
        conn.execute(_SQL["heartbeats"], {"ids": ids, "signatures": [str(signatures[each]) for each in ids]})


def camera_readers(conn: Connection, camera_ids: Collection[str]) -> dict[str, str]:
    """Which reader last reported each of these cameras; without those that nobody reported."""
    rows = conn.execute(_SQL["camera_readers"], {"ids": list(camera_ids)})
    return {row["id"]: row["reader_id"] for row in rows}


def unsigned_readers(conn: Connection, limit: int = 200) -> list[str]:
    """Readers at work whose last heartbeat came over a broker without a signature."""
    return [row["id"] for row in conn.execute(_SQL["unsigned_readers"], {"limit": limit})]


def mark_offline(conn: Connection, now: datetime) -> list[str]:
    """Readers not heard of for OFFLINE_AFTER by our own clock are away since their last report; the ids of new ones."""
    conn.execute(_SQL["heard_ahead"], {"now": now})
    silent = conn.execute(_SQL["silent_readers"], {"before": now - OFFLINE_AFTER}).fetchall()
    for row in silent:
        subject = {"kind": SubjectKind.READER.value, **{name: row[name] for name in ("id", "reader_id", "gate_ids")}}
        away = _Span(started_at=row["reported_at"], ended_at=None, state=AWAY)
        _replace_from(conn, subject, away.started_at, [away])
    return [row["id"] for row in silent]


def record_clock(conn: Connection, report: HealthReport, arrived_at: datetime, tolerance_s: float) -> bool:
    """Judge the clock of the reader whose heartbeat this is, taken by the broker at `arrived_at`; true when it has
    just turned out to be wrong. A heartbeat that was judged already changes nothing."""
    subject, known_until = _locked_subject(conn, SubjectKind.CLOCK, report.reader_id, report, arrived_at)
    if known_until is not None and arrived_at <= known_until:
        return False
    conn.execute(_SQL["heard"], {**subject, "at": arrived_at, "heard_at": arrived_at})
    offset_s = (report.at - arrived_at).total_seconds()
    row = one_row(conn, _SQL["add_offset"], {**subject, "offset_s": offset_s, "keep": CLOCK_BEATS})
    state = clock_state(row["offsets"], tolerance_s)
    stored = _stored_from(conn, subject, arrived_at)
    if stored and stored[-1].state == state:
        return False
    _replace_from(conn, subject, arrived_at, [_Span(started_at=arrived_at, ended_at=None, state=state)])
    return state == CLOCK_SKEWED


def open_intervals(conn: Connection) -> list[HealthInterval]:
    """The present state of each camera and reader ever heard of, cameras first."""
    return [_from_row(row) for row in conn.execute(_SQL["open"])]


def intervals_between(
    conn: Connection,
    since: datetime,
    until: datetime | None,
    gate_ids: Sequence[str] = (),
    *,
    least: timedelta = timedelta(0),
    limit: int = 200,
) -> list[HealthInterval]:
    """Intervals in which cameras or readers of these gates (all when empty) were not up, the newest first.

    Every interval that overlaps [since, until), whole; those that were over in less than `least` are left out.
    """
    values = {
        "since": since,
        "until": until,
        "gate_ids": list(gate_ids) or None,
        "least_s": least.total_seconds(),
        "limit": limit,
    }
    return [_from_row(row) for row in conn.execute(_SQL["between"], values)]


def delete_health(conn: Connection, before: datetime) -> int:
    """Retention: forget the intervals that ended before this; returns how many."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def _locked_subject(
    conn: Connection, kind: SubjectKind, name: str, report: HealthReport, heard_at: datetime
) -> tuple[dict[str, Any], datetime | None]:
    """The subject's row as SQL takes it, locked until the transaction ends, and until when its state is known."""
    subject = {"kind": kind.value, "id": name, "reader_id": report.reader_id, "gate_ids": list(report.gate_ids)}
    conn.execute(_SQL["add_subject"], {**subject, "heard_at": heard_at})
    return subject, one_row(conn, _SQL["lock_subject"], subject)["reported_at"]


def _record_one(conn: Connection, report: HealthReport, heard_at: datetime) -> bool:
    subject, known_until = _locked_subject(conn, report.kind, report.id, report, heard_at)
    if known_until is not None and report.at <= known_until:
        return False
    conn.execute(_SQL["heard"], {**subject, "at": report.at, "heard_at": heard_at})
    spans = _spans(report)
    if report.kind is SubjectKind.READER and known_until is not None and known_until < spans[0].started_at:
        spans = _with_gap(conn, subject, known_until, spans)
    _replace_from(conn, subject, spans[0].started_at, spans)
    return True


def _spans(report: HealthReport) -> list[_Span]:
    ends: list[datetime | None] = [*(change.since for change in report.changes[1:]), None]
    spans = [
        _Span(started_at=change.since, ended_at=end, state=change.state)
        for change, end in zip(report.changes, ends, strict=True)
        if end is None or end > change.since
    ]
    return spans


def _with_gap(conn: Connection, subject: dict[str, Any], known_until: datetime, spans: list[_Span]) -> list[_Span]:
    """A reader that began anew after we last heard of it was away in between, unless it had said that it stops."""
    last = _stored_from(conn, subject, known_until)
    if not last or last[-1].state == STOPPED:
        return spans
    return [_Span(started_at=known_until, ended_at=spans[0].started_at, state=AWAY), *spans]


def _replace_from(conn: Connection, subject: dict[str, Any], moment: datetime, spans: Sequence[_Span]) -> None:
    """From `moment` on the subject's states are these; what is stored already is not written again."""
    stored = _stored_from(conn, subject, moment)
    kept = {span for span in stored if span in spans}
    for span in stored:
        if span.started_at < moment:
            conn.execute(_SQL["end"], {**subject, "started_at": span.started_at, "ended_at": moment})
        elif span not in kept:
            conn.execute(_SQL["forget"], {**subject, "started_at": span.started_at})
    for span in spans:
        if span not in kept:
            values = {"started_at": span.started_at, "ended_at": span.ended_at, "state": span.state}
            conn.execute(_SQL["put"], {**subject, **values})


def _stored_from(conn: Connection, subject: dict[str, Any], moment: datetime) -> list[_Span]:
    rows = conn.execute(_SQL["from_moment"], {**subject, "moment": moment})
    return [_Span(**row) for row in rows]


def _from_row(row: dict[str, Any]) -> HealthInterval:
    return HealthInterval(**{**row, "kind": SubjectKind(row["kind"]), "gate_ids": tuple(row["gate_ids"])})
