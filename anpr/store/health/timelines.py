# SPDX-License-Identifier: AGPL-3.0-or-later
"""Unit of work over the intervals of many subjects: read and locked at once, changed in memory, written at once.

A batch of five hundred reports costs six statements. One statement a report let a sender of many reports hold up the
transits of everybody else.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from psycopg.types.json import Jsonb

from anpr.domain.health import HealthReport, SubjectKind
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("timelines")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """A camera, a reader or a reader's clock."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """The reader that speaks for a subject, and the gates that it is of."""

    reader_id: str
    gate_ids: tuple[str, ...]

    @classmethod
    def of(cls, report: HealthReport) -> Self:
        """Who speaks in this report."""
        return cls(reader_id=report.reader_id, gate_ids=report.gate_ids)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """One state, from `started_at` until `ended_at` (UTC); None while it lasts."""

    started_at: datetime
    ended_at: datetime | None
    state: str

    def lasts_after(self, moment: datetime) -> bool:
        """Whether any of it is after this moment."""
        return self.ended_at is None or self.ended_at > moment


@dataclass(kw_only=True, slots=True)
class Timeline:
    """What is known of one subject; the states are those since the moment it was opened from."""

    subject: Subject
    owner: Owner
    known_until: datetime | None
    """By the subject's own clock (UTC); None before its first report."""
    heard_at: datetime
    offsets: list[float]
    """Of a clock: seconds it was ahead at the last heartbeats, the newest last."""
    _spans: dict[Span, Owner] = field(default_factory=dict)
    _stored: dict[Span, Owner] = field(default_factory=dict)

    def hear(self, owner: Owner, until: datetime, heard_at: datetime) -> None:
        """A report came at `heard_at` (our clock), and says what there was until `until` (its clock)."""
        self.owner, self.known_until, self.heard_at = owner, until, max(self.heard_at, heard_at)

    def from_moment(self, moment: datetime) -> list[Span]:
        """The states that last after this moment, oldest first."""
        return sorted((span for span in self._spans if span.lasts_after(moment)), key=lambda span: span.started_at)

    def replace_from(self, moment: datetime, spans: Sequence[Span]) -> None:
        """From `moment` on the states are these; one that is there already stays whose it was."""
        for span in self.from_moment(moment):
            if span.started_at < moment:
                self._spans[replace(span, ended_at=moment)] = self._spans.pop(span)
            elif span not in spans:
                del self._spans[span]
        for span in spans:
            self._spans.setdefault(span, self.owner)

    def load(self, span: Span, owner: Owner) -> None:
        """One that is stored."""
        self._spans[span] = self._stored[span] = owner

    def changes(self) -> tuple[list[Span], dict[Span, Owner]]:
        """Stored ones that are no more, and new ones."""
        gone = [span for span, owner in self._stored.items() if self._spans.get(span) != owner]
        return gone, {span: owner for span, owner in self._spans.items() if self._stored.get(span) != owner}


Since = Mapping[Subject, tuple[datetime, Owner]]
"""From when on each subject's states are needed (UTC), and whose it is where nothing is known of it yet."""


def open_timelines(conn: Connection, since: Since, heard_at: datetime) -> dict[Subject, Timeline]:
    """Lock these subjects in their order, made where missing, and read their states: those that last after the moment
    given, or after the subject's last report if that was earlier."""
    if not since:
        return {}
    subjects = [
        {"kind": subject.kind, "id": subject.id, "since": moment.isoformat(), **asdict(owner)}
        for subject, (moment, owner) in sorted(since.items(), key=lambda pair: pair[0])
    ]
    conn.execute(_SQL["add"], {"subjects": Jsonb(subjects), "heard_at": heard_at})
    timelines = [_timeline(row) for row in conn.execute(_SQL["lock"], {"subjects": Jsonb(subjects)})]
    found = {timeline.subject: timeline for timeline in timelines}
    for row in conn.execute(_SQL["states"], {"subjects": Jsonb(subjects)}):
        span = Span(started_at=row["started_at"], ended_at=row["ended_at"], state=row["state"])
        found[_subject(row)].load(span, _owner(row))
    return found


def save_timelines(conn: Connection, timelines: Iterable[Timeline]) -> None:
    """Write what was changed since they were opened, in the same transaction."""
    subjects: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for timeline in timelines:
        name = asdict(timeline.subject)
        known_until = None if timeline.known_until is None else timeline.known_until.isoformat()
        said = {"reported_at": known_until, "heard_at": timeline.heard_at.isoformat(), "offsets": timeline.offsets}
        subjects.append({**name, **asdict(timeline.owner), **said})
        removed, added = timeline.changes()
        gone += [{**name, "started_at": span.started_at.isoformat()} for span in removed]
        new += [{**name, **_span_row(span), **asdict(owner)} for span, owner in added.items()]
    for query, rows in (("heard", subjects), ("forget", gone), ("put", new)):
        if rows:
            conn.execute(_SQL[query], {"rows": Jsonb(rows)})


def _span_row(span: Span) -> dict[str, str | None]:
    ended_at = None if span.ended_at is None else span.ended_at.isoformat()
    return {"started_at": span.started_at.isoformat(), "ended_at": ended_at, "state": span.state}


def _timeline(row: dict[str, Any]) -> Timeline:
    return Timeline(
        subject=_subject(row),
        owner=_owner(row),
        known_until=row["reported_at"],
        heard_at=row["heard_at"],
        offsets=row["offsets"],
    )


def _subject(row: dict[str, Any]) -> Subject:
    return Subject(SubjectKind(row["kind"]), row["id"])


def _owner(row: dict[str, Any]) -> Owner:
    return Owner(reader_id=row["reader_id"], gate_ids=tuple(row["gate_ids"]))
