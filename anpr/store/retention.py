"""Retention: whole days of transits and pictures are dropped, and what belongs to them is forgotten."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from anpr.clock import Clock
from anpr.settings import RetentionSettings
from anpr.store.alarms import delete_alarms
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database import Connection, Database
from anpr.store.dead_letters import delete_dead_letters
from anpr.store.deliveries import delete_deliveries, expire_deliveries
from anpr.store.images import ImageStore
from anpr.store.partitions import drop_partitions, utc_day
from anpr.store.queries import load_queries

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


def drop_expired(conn: Connection, before: Cutoffs, at: datetime) -> Expired:
    """Drop what lies before the cutoffs, and say so in the audit (numbers and days, no plates).

    Raises StoreError when long-running searches keep a day from being dropped for 5 s: try again later.
    """
    transits_before = _start_of(before.transits)
    undelivered = expire_deliveries(conn, transits_before, at)
    rows = {
        "alarms": delete_alarms(conn, _start_of(before.alarms)),
        "deliveries": delete_deliveries(conn, _start_of(before.ledger)),
        "dead letters": delete_dead_letters(conn, transits_before),
        "plates": conn.execute(_SQL["forget_plates"], {"before": before.transits}).rowcount,
    }
    # Last, because it locks the tables for everybody until the transaction ends.
    expired = Expired(days=drop_partitions(conn, before.transits), rows=rows, undelivered=undelivered)
    if not expired.is_nothing:
        append(conn, AuditEvent(actor=ACTOR, action=AuditAction.DATA_DELETED, at=at, detail=_describe(expired)))
    return expired


def run_retention(database: Database, images: ImageStore, settings: RetentionSettings, clock: Clock) -> Expired:
    """Drop what is too old now, in the database and then in the folder of pictures. Safe to run at any time."""
    before = cutoffs(settings, clock.now())
    with database.transaction() as conn:
        expired = drop_expired(conn, before, clock.now())
    # Every time, not only when rows went: a crash between the two must not leave pictures behind.
    images.drop_days(before.transits)
    return expired


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _describe(expired: Expired) -> dict[str, object]:
    days = {table: [day.isoformat() for day in dropped] for table, dropped in expired.days.items()}
    return {"days": days, "rows": expired.rows, "undelivered": expired.undelivered}
