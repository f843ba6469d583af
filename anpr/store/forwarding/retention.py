# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention of the forwarding ledger: expires rows whose transits are dropped, and deletes days that are too old."""

from datetime import UTC, datetime, time, timedelta

from anpr.domain.kept_from import KeptFrom
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import count_of
from anpr.store.database.kept_values import kept_values
from anpr.store.database.partitions import drop_partition, partitions_before, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.counts import forget_delivery_counts
from anpr.store.forwarding.deliveries import NO_LONGER_STORED
from anpr.store.forwarding.requeues import forget_requeues

_SQL = load_queries("deliveries")


def expire_deliveries(conn: Connection, kept: KeptFrom, at: datetime) -> dict[str, int]:
    """Expire what is queued for any destination and whose transit is being dropped, as it is older than `kept`.

    Returns how many by destination.
    """
    values = {**kept_values(kept), "now": at, "reason": NO_LONGER_STORED}
    rows = conn.execute(_SQL["expire_all"], values)
    return {row["destination"]: row["count"] for row in rows}


def drop_deliveries(database: Database, before: datetime) -> int:
    """Drop the ledger of all UTC days before `before`, of all destinations, each in a transaction of its own; returns
    how many rows were deleted."""
    count = 0
    for day in partitions_before(database, utc_day(before), ["deliveries"])["deliveries"]:
        since = datetime.combine(day, time(), UTC)
        with database.transaction() as conn:
            count += count_of(conn, _SQL["count"], {"since": since, "until": since + timedelta(days=1)})
            drop_partition(conn, "deliveries", day)
    with database.transaction() as conn:
        # A site's day begins up to a day apart from the UTC one: keep one more, so that no number is given twice.
        oldest = utc_day(before) - timedelta(days=1)
        conn.execute(_SQL["forget_batches"], {"day": oldest})
        forget_delivery_counts(conn, oldest)
        forget_requeues(conn, oldest)
    return count
