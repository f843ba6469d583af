# SPDX-License-Identifier: AGPL-3.0-or-later
"""Warm-up of a connection that people search by: the plans of searches by plate are made before anybody asks.

PostgreSQL plans a prepared statement anew five times before it keeps a plan. Over thirty days each of those answers
took 12 to 29 ms, and the very first of a connection 37 to 141 ms, in which it reads the catalogue of all days.
"""

from anpr.store.database.connection import Connection
from anpr.store.transits.rows import TransitQuery, search_transits

_UNTIL_KEPT = 6
_ANY = "AA000AA"


def keep_plans(conn: Connection) -> None:
    """Ask for a plate until its plans are kept; nothing is shown to anybody."""
    for _ in range(_UNTIL_KEPT):
        for look_alike in (False, True):
            search_transits(conn, TransitQuery(pattern=_ANY, look_alike=look_alike, limit=1))
