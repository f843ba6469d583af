# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention of alarms: closed ones go with their sightings, and what nobody closed is closed after its time."""

from datetime import datetime

from anpr.store.alarms.changing import lock_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarms")


def delete_sightings(conn: Connection, before: datetime) -> int:
    """Delete sightings captured before this (UTC) whose alarm is closed, or that were suppressed; returns how many.
    Those stay whose transit is held for a case."""
    return conn.execute(_SQL["delete_sightings"], {"before": before}).rowcount


def delete_alarms(conn: Connection, before: datetime) -> int:
    """Delete closed alarms whose sightings are gone; returns how many. Call `delete_sightings` first."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def close_left_alarms(conn: Connection, before: datetime, by: str, at: datetime, note: str) -> list[int]:
    """Close open alarms whose first sighting was captured before this (UTC), with the outcome `other`; gives their
    ids."""
    lock_alarms(conn)
    values = {"before": before, "by": by, "at": at, "note": note}
    closed = sorted(row["id"] for row in conn.execute(_SQL["close_left"], values))
    if closed:
        conn.execute(_SQL["log_closed"], {"ids": closed, "by": by, "at": at, "note": note})
    return closed


def count_left_alarms(conn: Connection, before: datetime) -> int:
    """How many alarms whose first sighting was captured before this (UTC) nobody has closed."""
    return count_of(conn, _SQL["count_left"], {"before": before})
