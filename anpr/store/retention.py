# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention: drops whole days of transits and images, and deletes what belongs to them.

What an open alarm rests on waits, up to a limit of its own, and what is held for a case until its hold ends: the rows
of such transits and of their images stay in their day, and their files on the shelf.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from anpr.domain.errors import RetentionRefusedError
from anpr.domain.kept_from import KeptFrom
from anpr.runtime.clock import Clock
from anpr.settings import RetentionSettings
from anpr.store.accounting.counts import forget_accounts
from anpr.store.accounting.reports import forget_reports
from anpr.store.accounting.unqueued import count_unqueued
from anpr.store.alarms.erased_counts import count_going, forget_counts_before
from anpr.store.alarms.retro import forget_changes
from anpr.store.alarms.suppressions import forget_suppressions
from anpr.store.alarms.upkeep import close_left_alarms, count_left_alarms, delete_alarms, delete_sightings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database, mapped_errors
from anpr.store.database.fetch import one_row
from anpr.store.database.partitions import NO_PURPOSE, PARTITIONED, Part, list_parts, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.dead_letters import delete_dead_letters
from anpr.store.forwarding.retention import drop_deliveries, expire_deliveries
from anpr.store.handovers.signing import forget_handovers
from anpr.store.health.intervals import delete_health
from anpr.store.holds import end_due_holds, forget_holds, freed_days
from anpr.store.images.dropped import drop_files
from anpr.store.images.image_store import ImageStore
from anpr.store.investigations.life import forget_investigations
from anpr.store.notifications.ledger import forget_notifications
from anpr.store.patrol.answers import ANSWERS_KEPT, forget_answers
from anpr.store.patrol.people import POSITIONS_KEPT, forget_positions
from anpr.store.refused_senders import forget_senders
from anpr.store.requests.register import forget_requests
from anpr.store.retention_guard import (
    DatabaseClock,
    database_now,
    note_refusal,
    note_run,
    older_clock,
    refuse_too_much,
    retention_state,
)
from anpr.store.transits.discarded import drop_discarded, forget_counts
from anpr.store.transits.reader_software import forget_software
from anpr.store.watchlists.imports import DIFFERENCES_DAYS, forget_imports
from anpr.store.watchlists.places import forget_places
from anpr.store.watchlists.proposals import expire_proposals, forget_proposals
from anpr.store.watchlists.received import forget_list_deliveries
from anpr.store.watchlists.uploads import forget_uploads

ACTOR = "retention"
WITHOUT_PURPOSE = "without purpose"
"""Stands in the audit for what was read for no purpose; ids of purposes have no blank."""
_IDS_A_ROW = 1000
_SQL = load_queries("retention")
_TO_GO = {"transits": _SQL["transits_to_go"], "images": _SQL["images_to_go"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutoffs:
    """The first UTC day that is kept, by what is kept."""

    transits: date
    """Of gates without a purpose, and of purposes that are not in the settings (any more)."""
    purposes: Mapping[str, date]
    """Of gates with one of these purposes."""
    alarms: date
    open_alarms: date
    ledger: date
    counts: date
    """Of erased alarms."""

    def of(self, purpose: str) -> date:
        """Of transits and images that were read for this purpose."""
        return self.purposes.get(purpose, self.transits)

    @property
    def oldest(self) -> date:
        """Before it no transit is kept, whatever it was read for."""
        return min([self.transits, *self.purposes.values()])

    @property
    def newest(self) -> date:
        """From it on every transit is kept; what mixes purposes goes by it."""
        return max([self.transits, *self.purposes.values()])


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """What was dropped: days and purposes by table, rows by kind; `undelivered` transits by destination were never
    accepted."""

    parts: dict[str, list[Part]]
    rows: dict[str, int]
    undelivered: dict[str, int]
    left_alarms: int
    """Alarms that are too old and open: they wait for somebody to close them."""

    @property
    def is_nothing(self) -> bool:
        return not any(self.parts.values()) and not any(self.rows.values()) and not self.undelivered

    @property
    def days(self) -> dict[str, list[date]]:
        """Days by table, of any purpose."""
        return {table: sorted({part.day for part in parts}) for table, parts in self.parts.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """What is to be dropped, by table, and what of it somebody could miss."""

    parts: dict[str, list[Part]]
    with_rows: set[Part]


def cutoffs(settings: RetentionSettings, now: datetime) -> Cutoffs:
    """A day is dropped once even its last moment is older than the days to keep."""
    today = utc_day(now)
    alarms = today - timedelta(days=settings.alarm_days)
    return Cutoffs(
        transits=today - timedelta(days=settings.transit_days),
        purposes={each: today - timedelta(days=days) for each, days in settings.days_by_purpose.items()},
        alarms=alarms,
        open_alarms=alarms - timedelta(days=settings.open_alarm_grace_days),
        ledger=today - timedelta(days=settings.ledger_days),
        counts=today - timedelta(days=settings.alarm_count_days),
    )


def run_retention(
    database: Database,
    images: ImageStore,
    settings: RetentionSettings,
    clock: Clock,
    *,
    really_by: str | None = None,
    database_clock: DatabaseClock = database_now,
) -> Expired:
    """Drop what is too old now, and say so in the audit (numbers and days, no plates). Safe to run at any time.

    In several transactions, because dropping a day locks its table for everybody for a moment: while it waits for that
    it must hold nothing that others may want. One that is cut short is completed by the next run.
    Raises RetentionRefusedError when that would be more than is plausible, unless somebody (`really_by`, who is named
    in the audit) says that it is right, and StoreError when long-running searches keep a day from being dropped for
    5 s: try again later.
    """
    with _alone(database):
        with database.transaction() as conn:
            now = older_clock(clock, database_clock(conn))
        before = cutoffs(settings, now)
        _look_twice(database, before, now, really_by)
        undelivered, rows, left = _forget_rows(database, before, now)
        parts = _drop_parts(database, before, now)
        rows["plates"] = _forget_plates(database, before, has_dropped=any(parts.values()))
        # Every time, not only when rows went: a crash between the two must not leave images behind.
        drop_files(database, images, before.oldest, before.of)
        with database.transaction() as conn:
            note_run(conn, now)
    return Expired(parts=parts, rows=rows, undelivered=undelivered, left_alarms=left)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Wait for another process that is at it: two would try to drop the same days. A connection of its own keeps the
    lock over the transactions, and lets go of it however this process ends."""
    conn = database.connect(autocommit=True)
    try:
        with mapped_errors():
            conn.execute(_SQL["patience"])
            conn.execute(_SQL["lock"])
        yield
    finally:
        conn.close()


def _look_twice(database: Database, before: Cutoffs, now: datetime, really_by: str | None) -> None:
    """Holds whose last day is over end in the same transaction: a refusal leaves them standing."""
    try:
        with database.transaction() as conn:
            end_due_holds(conn, utc_day(now), Author(name=ACTOR, at=now))
            due, alarms = _due(conn, before).with_rows, _alarm_days(conn, before)
            if really_by is not None:
                days = sorted({part.day for part in due} | alarms)
                detail = {"phase": "demanded", "days": [day.isoformat() for day in days]}
                append(conn, AuditEvent(actor=really_by, action=AuditAction.DATA_DELETED, at=now, detail=detail))
                return
            freed = freed_days(conn, retention_state(conn).ran_at)
            # Each purpose by itself: purposes of unlike days lose one day each in one night, and nothing is odd.
            for purpose in sorted({part.purpose for part in due}) or [NO_PURPOSE]:
                days_of = {part.day for part in due if part.purpose == purpose}
                refuse_too_much(conn, days_of | alarms, now, freed, purpose)
    except RetentionRefusedError as exc:
        with database.transaction() as conn:
            note_refusal(conn, now, str(exc))
        raise


def _alarm_days(conn: Connection, before: Cutoffs) -> set[date]:
    values = {"closed": start_of(before.alarms), "open": start_of(before.open_alarms)}
    return {row["day"] for row in conn.execute(_SQL["alarm_days"], values)}


def _due(conn: Connection, before: Cutoffs) -> _Due:
    due = _Due(parts={}, with_rows=set())
    for table in PARTITIONED:
        due.parts[table] = []
        for part in (part for part in list_parts(conn, table) if part.day < before.of(part.purpose)):
            bounds = {"start": start_of(part.day), "end": start_of(part.day + timedelta(days=1))}
            held = one_row(conn, _TO_GO[table], {**bounds, "purpose": part.purpose})
            if held["has_rows_to_go"]:
                due.with_rows.add(part)
            if held["has_rows_to_go"] or held["is_empty"]:
                due.parts[table].append(part)
    return due


def _forget_rows(database: Database, before: Cutoffs, at: datetime) -> tuple[dict[str, int], dict[str, int], int]:
    deliveries = drop_deliveries(database, start_of(before.ledger))
    discarded = drop_discarded(database, before.oldest)
    shortest = start_of(before.newest)
    with database.transaction() as conn:
        undelivered = expire_deliveries(conn, kept_from(before), at)
        differences, imports = forget_imports(conn, at - timedelta(days=DIFFERENCES_DAYS), start_of(before.ledger))
        left = _close_left(conn, before, at)
        count_going(conn, start_of(before.alarms))
        rows = {
            "open alarms closed": left,
            "counts of alarms": forget_counts_before(conn, before.counts),
            "sightings": delete_sightings(conn, start_of(before.alarms)),
            "alarms": delete_alarms(conn, start_of(before.alarms)),
            "suppressions": forget_suppressions(conn, start_of(before.alarms)),
            "handovers": forget_handovers(conn, start_of(before.alarms)),
            "deliveries": deliveries,
            "dead letters": delete_dead_letters(conn, shortest),
            "refused senders": forget_senders(conn, shortest),
            "health": delete_health(conn, start_of(before.ledger)),
            "list changes": forget_changes(conn, start_of(before.ledger)),
            "deliveries of lists": forget_list_deliveries(conn, start_of(before.ledger)),
            "imports of lists": imports,
            "differences of imports": differences,
            "uploaded lists": forget_uploads(conn, at),
            "expired proposals": expire_proposals(conn, at),
            "proposals": forget_proposals(conn, at),
            "places of lists": forget_places(conn, at),
            "ended holds": forget_holds(conn, start_of(before.ledger)),
            "ended investigations": forget_investigations(conn, start_of(before.ledger)),
            "closed requests": forget_requests(conn, start_of(before.ledger)),
            "notifications": forget_notifications(conn, shortest),
            "answers of patrols": forget_answers(conn, at - ANSWERS_KEPT),
            "positions of patrols": forget_positions(conn, at - POSITIONS_KEPT),
            "discarded transits": discarded,
            "hours of discarded transits": forget_counts(conn, start_of(before.ledger)),
            "texts of readers' software": forget_software(conn, before.oldest),
            "accounts of transits": forget_accounts(conn, start_of(before.ledger)),
            "completeness reports": forget_reports(conn, before.ledger),
        }
        if undelivered or any(rows.values()):
            append(conn, _event(at, {"rows": rows, "undelivered": undelivered}))
        return undelivered, rows, count_left_alarms(conn, start_of(before.alarms))


def _close_left(conn: Connection, before: Cutoffs, at: datetime) -> int:
    """Close what nobody closed in all the time it had; the audit names each alarm."""
    note = f"closed by retention: open and captured before {before.open_alarms.isoformat()}"
    closed = close_left_alarms(conn, start_of(before.open_alarms), ACTOR, at, note)
    for first in range(0, len(closed), _IDS_A_ROW):
        detail = {"alarms": closed[first : first + _IDS_A_ROW], "outcome": "other"}
        append(conn, AuditEvent(actor=ACTOR, action=AuditAction.ALARM_CLOSED, at=at, reason=note, detail=detail))
    return len(closed)


def _drop_parts(database: Database, before: Cutoffs, at: datetime) -> dict[str, list[Part]]:
    """Two events around it: were there one, deleted days could go unrecorded, or recorded ones stay. Each partition in
    a transaction of its own: a lock on every relation of every day is more than a server holds."""
    with database.transaction() as conn:
        due = _due(conn, before).parts
        if not any(due.values()):
            return due
        append(conn, _event(at, {"phase": "begun", "days": _texts(due)}))
    kept = 0
    dropped: dict[str, Counter[str]] = {table: Counter() for table in due}
    for table, parts in due.items():
        for part in parts:
            with database.transaction() as conn:
                if table == "transits":
                    count_unqueued(conn, part)
                found = one_row(conn, _SQL["expire"], {"table": table, **part._asdict()})
            kept += found["kept"]
            dropped[table][part.purpose or WITHOUT_PURPOSE] += found["dropped"]
    detail: dict[str, object] = {"phase": "ended", "days": _texts(due), "dropped": dropped}
    detail |= {"kept rows": kept} if kept else {}
    with database.transaction() as conn:
        append(conn, _event(at, detail))
    return due


def _forget_plates(database: Database, before: Cutoffs, *, has_dropped: bool) -> int:
    """Take out of the dictionary what no stored transit has any more; returns how many plates.

    Where purposes have unlike days, this looks through all days that only some of them keep: after a drop alone.
    """
    latest = before.newest if has_dropped else before.oldest
    with database.transaction() as conn:
        return conn.execute(_SQL["forget_plates"], {"before": latest, "start": start_of(latest)}).rowcount


def _event(at: datetime, detail: dict[str, object]) -> AuditEvent:
    return AuditEvent(actor=ACTOR, action=AuditAction.DATA_DELETED, at=at, detail=detail)


def _texts(parts: dict[str, list[Part]]) -> dict[str, list[str]]:
    """Days as texts, each with its purpose."""
    return {table: [" ".join([each.day.isoformat(), each.purpose]).strip() for each in parts[table]] for table in parts}


def kept_from(before: Cutoffs) -> KeptFrom:
    """The first moment that is kept, of each purpose."""
    return KeptFrom(
        rest=start_of(before.transits), purposes={each: start_of(day) for each, day in before.purposes.items()}
    )


def start_of(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime.combine(day, time(), UTC)
