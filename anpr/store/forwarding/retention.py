# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention of the forwarding ledger: expires rows whose transits are dropped, and deletes days that are too old."""

from datetime import UTC, datetime, time, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.partitions import list_partitions, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.deliveries import NO_LONGER_STORED

_SQL = load_queries("deliveries")


def expire_deliveries(conn: Connection, before: datetime, at: datetime) -> dict[str, int]:
    """Expire what is queued for any destination and was captured before `before`, as its transit is being dropped.

    Returns how many by destination.
    """
    rows = conn.execute(_SQL["expire_all"], {"cutoff": before, "now": at, "reason": NO_LONGER_STORED})
    return {row["destination"]: row["count"] for row in rows}


def delete_deliveries(conn: Connection, before: datetime) -> int:
    """Drop the ledger of all UTC days before `before`, of all destinations; returns how many rows were deleted."""
    count = 0
    for day in list_partitions(conn, "deliveries"):
        if day < utc_day(before):
            since = datetime.combine(day, time(), UTC)
            count += count_of(conn, _SQL["count"], {"since": since, "until": since + timedelta(days=1)})
            conn.execute(_SQL["drop_day"], {"day": day})
    # A site's day begins up to a day apart from the UTC one: keep one more, so that no number is given twice.
    conn.execute(_SQL["forget_batches"], {"day": utc_day(before) - timedelta(days=1)})
    return count
