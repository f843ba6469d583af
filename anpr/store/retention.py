# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention: drops whole days of transits and images, and deletes what belongs to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from anpr.runtime.clock import Clock
from anpr.settings import RetentionSettings
from anpr.store.alarms.retro import forget_changes
from anpr.store.alarms.rows import delete_alarms
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database, mapped_errors
from anpr.store.database.partitions import drop_partitions, partitions_before, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.dead_letters import delete_dead_letters
from anpr.store.forwarding.retention import drop_deliveries, expire_deliveries
from anpr.store.health import delete_health
from anpr.store.images.image_store import ImageStore
from anpr.store.refused_senders import forget_senders

ACTOR = "retention"
_SQL = load_queries("retention")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cutoffs:
    """The first UTC day that is kept, by what is kept."""

    transits: date
    alarms: date
    ledger: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """What was dropped: days by table, rows by kind; `undelivered` transits by destination were never accepted."""

    days: dict[str, list[date]]
    rows: dict[str, int]
    undelivered: dict[str, int]

    @property
    def is_nothing(self) -> bool:
        return not any(self.days.values()) and not any(self.rows.values()) and not self.undelivered


def cutoffs(settings: RetentionSettings, now: datetime) -> Cutoffs:
    """A day is dropped once even its last moment is older than the days to keep."""
    today = utc_day(now)
    return Cutoffs(
        transits=today - timedelta(days=settings.transit_days),
        alarms=today - timedelta(days=settings.alarm_days),
        ledger=today - timedelta(days=settings.ledger_days),
    )


def run_retention(database: Database, images: ImageStore, settings: RetentionSettings, clock: Clock) -> Expired:
    """Drop what is too old now, and say so in the audit (numbers and days, no plates). Safe to run at any time.

    In several transactions, because dropping a day locks its table for everybody for a moment: while it waits for that
    it must hold nothing that others may want. One that is cut short is completed by the next run.
    Raises StoreError when long-running searches keep a day from being dropped for 5 s: try again later.
    """
    with _alone(database):
        before = cutoffs(settings, clock.now())
        undelivered, rows = _forget_rows(database, before, clock.now())
        days = _drop_days(database, before.transits, clock)
        with database.transaction() as conn:
            rows["plates"] = conn.execute(_SQL["forget_plates"], {"before": before.transits}).rowcount
        # Every time, not only when rows went: a crash between the two must not leave images behind.
        images.drop_days(before.transits)
    return Expired(days=days, rows=rows, undelivered=undelivered)


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


def _forget_rows(database: Database, before: Cutoffs, at: datetime) -> tuple[dict[str, int], dict[str, int]]:
    deliveries = drop_deliveries(database, start_of(before.ledger))
    with database.transaction() as conn:
        undelivered = expire_deliveries(conn, start_of(before.transits), at)
        rows = {
            "alarms": delete_alarms(conn, start_of(before.alarms)),
            "deliveries": deliveries,
            "dead letters": delete_dead_letters(conn, start_of(before.transits)),
            "refused senders": forget_senders(conn, start_of(before.transits)),
            "health": delete_health(conn, start_of(before.ledger)),
            "list changes": forget_changes(conn, start_of(before.ledger)),
        }
        if undelivered or any(rows.values()):
            append(conn, _event(at, {"rows": rows, "undelivered": undelivered}))
    return undelivered, rows


def _drop_days(database: Database, before: date, clock: Clock) -> dict[str, list[date]]:
    """Two events around it: were there one, deleted days could go unrecorded, or recorded ones stay."""
    due = partitions_before(database, before)
    if not any(due.values()):
        return due
    with database.transaction() as conn:
        append(conn, _event(clock.now(), {"phase": "begun", "days": _iso(due)}))
    dropped = drop_partitions(database, before)
    with database.transaction() as conn:
        append(conn, _event(clock.now(), {"phase": "ended", "days": _iso(dropped)}))
    return dropped


def _event(at: datetime, detail: dict[str, object]) -> AuditEvent:
    return AuditEvent(actor=ACTOR, action=AuditAction.DATA_DELETED, at=at, detail=detail)


def _iso(days: dict[str, list[date]]) -> dict[str, list[str]]:
    return {table: [day.isoformat() for day in dropped] for table, dropped in days.items()}


def start_of(day: date) -> datetime:
    """Its first moment, UTC."""
    return datetime.combine(day, time(), UTC)
