# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts what the centre did since a moment: transits, alarms, forwarded transits."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

_SQL = load_queries("activity")
LATE = timedelta(days=2)
"""Transits captured longer before the moment are not counted: it keeps the count to a few partitions."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """Transits stored, alarms raised, transits forwarded."""

    transits: int
    alarms: int
    forwarded: int


def activity_since(conn: Connection, since: datetime) -> Activity:
    """Counts from `since` (UTC) on."""
    return Activity(**one_row(conn, _SQL["since"], {"since": since, "oldest": since - LATE}))
