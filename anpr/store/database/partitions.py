# SPDX-License-Identifier: AGPL-3.0-or-later
"""Daily partitions: made ahead, or on demand for what arrives late, and dropped when retention ends.

Within a day, transits and images have a partition for each purpose with which gates read, because each may keep a
number of days of its own.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import NamedTuple

from anpr.domain.errors import InputError
from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries

PARTITIONED = ("transits", "images")
OLDEST = timedelta(days=3660)
"""No transit is stored that is older, whoever stores it; ingest refuses all that is past retention."""
NEWEST = timedelta(days=2)
"""Ahead of the centre's clock, whoever stores it; ingest refuses more than minutes."""
NO_PURPOSE = ""
"""Of what passed at a gate without a purpose, and of what was stored before purposes had partitions."""
_SQL = load_queries("partitions")


class Part(NamedTuple):
    """What one partition holds: a UTC day of one purpose (its id, or NO_PURPOSE)."""

    day: date
    purpose: str = NO_PURPOSE


def is_storable(captured_at: datetime, now: datetime) -> bool:
    """Whether days may be made for this capture time: a clock that is years off must not make partitions at will."""
    return now - OLDEST <= captured_at <= now + NEWEST


def refuse_unstorable(transits: Iterable[Transit], now: datetime) -> None:
    """Raises InputError naming the first transit whose capture time cannot be right."""
    for transit in transits:
        if not is_storable(transit.captured_at, now):
            raise InputError(
                f"transit {transit.id} of camera {transit.camera_id}: captured at {transit.captured_at.isoformat()},"
                f" which is not within {OLDEST.days} days before or {NEWEST.days} days after {now.isoformat()}"
            )


def ensure_partitions(conn: Connection, days: Iterable[date], tables: Iterable[str] = PARTITIONED) -> int:
    """Make the missing partitions of these UTC days; returns how many were made.

    Takes a lock until the transaction ends, so call it before anything else in one.
    """
    made = 0
    for table in tables:
        for day in sorted(days):
            made += bool(one_row(conn, _SQL["ensure"], {"table": table, "day": day})["made"])
    return made


def ensure_parts(conn: Connection, parts: Iterable[Part], tables: Iterable[str] = PARTITIONED) -> int:
    """Make the missing partitions of days and purposes; returns how many were made.

    Takes a lock until the transaction ends, so call it before anything else in one.
    """
    ordered = sorted(parts)
    values = {"days": [part.day for part in ordered], "purposes": [part.purpose for part in ordered]}
    return sum(count_of(conn, _SQL["ensure_purposes"], {"table": table, **values}) for table in tables)


def make_days(database: Database, days: Iterable[date], tables: Iterable[str] = PARTITIONED) -> None:
    """Make the missing partitions, each in a transaction of its own: many in one take locks that others then lack.

    Raises StoreError.
    """
    tables = tuple(tables)
    for day in sorted(days):
        with database.transaction() as conn:
            ensure_partitions(conn, [day], tables)


def make_parts(database: Database, parts: Iterable[Part]) -> None:
    """`make_days` for transits and images, by day and purpose. Raises StoreError."""
    for part in sorted(parts):
        with database.transaction() as conn:
            ensure_parts(conn, [part])


def ensure_partitions_ahead(
    conn: Connection, now: datetime, days: int = 3, purposes: Iterable[str] = (NO_PURPOSE,)
) -> int:
    """Make the partitions of today and the `days` after it, for each purpose; returns how many were made."""
    today = utc_day(now)
    ahead = [today + timedelta(days=n) for n in range(days + 1)]
    return ensure_parts(conn, [Part(day, purpose) for day, purpose in product(ahead, purposes)])


def utc_day(moment: datetime) -> date:
    """The UTC day, by which partitions are cut."""
    return moment.astimezone(UTC).date()


def list_partitions(conn: Connection, table: str) -> list[date]:
    """The days for which `table` has a partition, oldest first."""
    return [row["day"] for row in conn.execute(_SQL["list"], {"table": table})]


def list_parts(conn: Connection, table: str) -> list[Part]:
    """The days and purposes for which transits or images has a partition, oldest first."""
    return [Part(row["day"], row["purpose"]) for row in conn.execute(_SQL["list_purposes"], {"table": table})]


def partitions_before(database: Database, before: date, tables: Iterable[str] = PARTITIONED) -> dict[str, list[date]]:
    """The days before `before` for which each table has a partition, oldest first."""
    with database.transaction() as conn:
        return {table: [day for day in list_partitions(conn, table) if day < before] for table in tables}


def drop_partition(conn: Connection, table: str, day: date) -> None:
    """Drop one partition, the only one of its transaction: see `drop_partitions`."""
    conn.execute(_SQL["drop"], {"table": table, "day": day})


def drop_partitions(database: Database, before: date) -> dict[str, list[date]]:
    """Drop every partition of a UTC day before `before`; returns the dropped days by table.

    Each in a transaction of its own: tables and indexes stay locked until it ends, and a server has a limited number of
    locks. Raises StoreError when long-running searches keep one from being dropped for 5 s; those before it are gone.
    """
    due = partitions_before(database, before)
    for table, days in due.items():
        for day in days:
            with database.transaction() as conn:
                drop_partition(conn, table, day)
    return due
