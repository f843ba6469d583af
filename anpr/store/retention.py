# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention: drops whole days of transits and images, and deletes what belongs to them.

What an open alarm rests on waits, up to a limit of its own, and what is held for a case until its hold ends: the rows
of such transits and of their images stay in their day, and their files on the shelf.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from anpr.domain.errors import RetentionRefusedError
from anpr.runtime.clock import Clock
from anpr.settings import RetentionSettings
from anpr.store.alarms.retro import forget_changes
from anpr.store.alarms.rows import close_left_alarms, count_left_alarms, delete_alarms
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database, mapped_errors
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.partitions import PARTITIONED, list_partitions, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.dead_letters import delete_dead_letters
from anpr.store.forwarding.retention import drop_deliveries, expire_deliveries
from anpr.store.health.intervals import delete_health
from anpr.store.holds import end_due_holds, forget_holds, freed_days
from anpr.store.images.image_store import ImageStore
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

ACTOR = "retention"
_IDS_A_ROW = 1000
_SQL = load_queries("retention")
_TO_GO = {"transits": _SQL["transits_to_go"], "images": _SQL["images_to_go"]}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutoffs:
    """The first UTC day that is kept, by what is kept."""

    transits: date
    alarms: date
    open_alarms: date
    ledger: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """What was dropped: days by table, rows by kind; `undelivered` transits by destination were never accepted."""

    days: dict[str, list[date]]
    rows: dict[str, int]
    undelivered: dict[str, int]
    left_alarms: int
    """Alarms that are too old and open: they wait for somebody to close them."""

    @property
    def is_nothing(self) -> bool:
        return not any(self.days.values()) and not any(self.rows.values()) and not self.undelivered


@dataclass(frozen=True, kw_only=True, slots=True)
class _Due:
    """Days to be dropped, by table, and those among them whose loss somebody could notice."""

    days: dict[str, list[date]]
    with_rows: set[date]


def cutoffs(settings: RetentionSettings, now: datetime) -> Cutoffs:
    """A day is dropped once even its last moment is older than the days to keep."""
    today = utc_day(now)
    alarms = today - timedelta(days=settings.alarm_days)
    return Cutoffs(
        transits=today - timedelta(days=settings.transit_days),
        alarms=alarms,
        open_alarms=alarms - timedelta(days=settings.open_alarm_grace_days),
        ledger=today - timedelta(days=settings.ledger_days),
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
        days = _drop_days(database, before.transits, now)
        with database.transaction() as conn:
            values = {"before": before.transits, "start": start_of(before.transits)}
            rows["plates"] = conn.execute(_SQL["forget_plates"], values).rowcount
            kept = {row["path"] for row in conn.execute(_SQL["kept_images"], {"before": values["start"]})}
        # Every time, not only when rows went: a crash between the two must not leave images behind.
        images.drop_days(before.transits, kept)
        with database.transaction() as conn:
            note_run(conn, now)
    return Expired(days=days, rows=rows, undelivered=undelivered, left_alarms=left)


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
            due = _due(conn, before.transits).with_rows | _alarm_days(conn, before)
            if really_by is not None:
                detail = {"phase": "demanded", "days": sorted(day.isoformat() for day in due)}
                append(conn, AuditEvent(actor=really_by, action=AuditAction.DATA_DELETED, at=now, detail=detail))
                return
            refuse_too_much(conn, due, now, freed_days(conn, retention_state(conn).ran_at))
    except RetentionRefusedError as exc:
        with database.transaction() as conn:
            note_refusal(conn, now, str(exc))
        raise


def _alarm_days(conn: Connection, before: Cutoffs) -> set[date]:
    values = {"closed": start_of(before.alarms), "open": start_of(before.open_alarms)}
    return {row["day"] for row in conn.execute(_SQL["alarm_days"], values)}


def _due(conn: Connection, before: date) -> _Due:
    due = _Due(days={}, with_rows=set())
    for table in PARTITIONED:
        due.days[table] = []
        for day in (day for day in list_partitions(conn, table) if day < before):
            values = {"start": start_of(day), "end": start_of(day + timedelta(days=1))}
            held = one_row(conn, _TO_GO[table], values)
            if held["has_rows_to_go"]:
                due.with_rows.add(day)
            if held["has_rows_to_go"] or held["is_empty"]:
                due.days[table].append(day)
    return due


def _forget_rows(database: Database, before: Cutoffs, at: datetime) -> tuple[dict[str, int], dict[str, int], int]:
    deliveries = drop_deliveries(database, start_of(before.ledger))
    discarded = drop_discarded(database, before.transits)
    with database.transaction() as conn:
        undelivered = expire_deliveries(conn, start_of(before.transits), at)
        rows = {
            "open alarms closed": _close_left(conn, before, at),
            "alarms": delete_alarms(conn, start_of(before.alarms)),
            "deliveries": deliveries,
            "dead letters": delete_dead_letters(conn, start_of(before.transits)),
            "refused senders": forget_senders(conn, start_of(before.transits)),
            "health": delete_health(conn, start_of(before.ledger)),
            "list changes": forget_changes(conn, start_of(before.ledger)),
            "ended holds": forget_holds(conn, start_of(before.ledger)),
            "closed requests": forget_requests(conn, start_of(before.ledger)),
            "discarded transits": discarded,
            "hours of discarded transits": forget_counts(conn, start_of(before.ledger)),
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


def _drop_days(database: Database, before: date, at: datetime) -> dict[str, list[date]]:
    """Two events around it: were there one, deleted days could go unrecorded, or recorded ones stay. Each day in a
    transaction of its own: a lock on every relation of every day is more than a server holds."""
    with database.transaction() as conn:
        due = _due(conn, before).days
        if not any(due.values()):
            return due
        append(conn, _event(at, {"phase": "begun", "days": _iso(due)}))
    kept = 0
    for table, days in due.items():
        for day in days:
            with database.transaction() as conn:
                kept += count_of(conn, _SQL["expire"], {"table": table, "day": day})
    with database.transaction() as conn:
        append(conn, _event(at, {"phase": "ended", "days": _iso(due)} | ({"kept rows": kept} if kept else {})))
    return due


def _event(at: datetime, detail: dict[str, object]) -> AuditEvent:
    return AuditEvent(actor=ACTOR, action=AuditAction.DATA_DELETED, at=at, detail=detail)


def _iso(days: dict[str, list[date]]) -> dict[str, list[str]]:
    return {table: [day.isoformat() for day in dropped] for table, dropped in days.items()}


def start_of(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime.combine(day, time(), UTC)
