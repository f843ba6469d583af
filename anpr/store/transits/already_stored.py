# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filters out transits already stored, at a fifth of the cost of staging them (replays)."""

from collections.abc import Sequence

from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("known")


def unknown_transits(conn: Connection, transits: Sequence[Transit]) -> list[Transit]:
    """Those that are not stored, in their order.

    Locks nothing: another may store them before `insert_transits` does, which sees to that itself.
    """
    keys = {"moments": [transit.captured_at for transit in transits], "ids": [transit.id for transit in transits]}
    known = {row["place"] for row in conn.execute(_SQL["known"], keys)}
    return [transit for place, transit in enumerate(transits, start=1) if place not in known]
