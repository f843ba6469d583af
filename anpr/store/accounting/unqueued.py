# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits that leave the database before any run queued them for a destination: counted as their partition goes."""

from datetime import UTC, datetime, time, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.partitions import Part
from anpr.store.database.queries import load_queries

_SQL = load_queries("accounting")


def tell_destination(conn: Connection, destination: str, organisation_id: str, now: datetime) -> None:
    """Note that there is this destination: what goes from now on without having been queued for it is counted."""
    conn.execute(_SQL["tell_destination"], {"id": destination, "organisation_id": organisation_id, "now": now})


def count_unqueued(conn: Connection, part: Part) -> int:
    """Count what goes with this partition of transits and has no row in the ledger, for each destination; in the
    transaction that drops it. Returns how many rows of numbers changed."""
    start = datetime.combine(part.day, time(), UTC)
    values = {"start": start, "end": start + timedelta(days=1), "purpose": part.purpose}
    return conn.execute(_SQL["count_unqueued"], values).rowcount
