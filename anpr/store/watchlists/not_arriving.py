# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lookup of what keeps files of lists from arriving: places that fail, and files that could not be read.

Whoever keeps a list reads neither the status page nor the audit, and a list that nothing reaches misses what is new.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.places import TroubledPlace, troubled_places

TOLD_FOR = timedelta(days=30)
"""So long a refused file is told, unless another one is imported before."""
_SQL = load_queries("list_places")


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedFile:
    """The newest file of a list that was not imported, when (UTC), and how many wrong rows it has; None: it could not
    be read at all. Why is in the audit alone, since it may quote a plate."""

    watchlist_id: str
    file_name: str
    at: datetime
    rejected: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotArriving:
    """By the list's id; of the organisation that acts."""

    places: Mapping[str, TroubledPlace]
    refused: Mapping[str, RefusedFile]

    def is_of(self, watchlist_id: str) -> bool:
        """Whether something is wrong with this list's files."""
        return watchlist_id in self.places or watchlist_id in self.refused


def not_arriving(conn: Connection, now: datetime, every_s: float) -> NotArriving:
    """What is wrong now; `every_s`: the pace of looks. Of the console's role."""
    rows = conn.execute(_SQL["refused_files"], {"since": now - TOLD_FOR})
    refused = [RefusedFile(**row) for row in rows]
    return NotArriving(
        places={each.watchlist_id: each for each in reversed(troubled_places(conn, now, every_s))},
        refused={each.watchlist_id: each for each in refused},
    )
