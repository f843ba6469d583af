# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rights at gates: what a transaction of the console may do there, and which lists are compared with what passes."""

from collections.abc import Sequence
from datetime import date

from anpr.domain.organisation import Action
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.matching import Hit

_SQL = load_queries("organisations")


def may_at_gate(conn: Connection, action: Action, gate_id: str) -> bool:
    """Whether the organisation for which this transaction acts may do this with what passes the gate."""
    return bool(one_row(conn, _SQL["may"], {"action": str(action), "gate": gate_id})["may"])


def searchable_gates(conn: Connection) -> set[str]:
    """The configured gates whose transits this transaction may search."""
    return {row["id"] for row in conn.execute(_SQL["searchable"])}


def is_shared(conn: Connection) -> bool:
    """Whether more than one organisation has a part in this system."""
    return bool(one_row(conn, _SQL["is_shared"])["is_shared"])


def watched_hits(conn: Connection, hits: Sequence[Hit], day: date) -> list[Hit]:
    """The hits of lists that are compared with what passes their gate: somebody sees alarms of both (own, or by an
    agreement that holds on this local day). An alarm that nobody may see would be a comparison that nobody may make."""
    if not hits:
        return []
    pairs = {
        "gates": [transit.gate_id for transit, _, _ in hits],
        "watchlists": [watchlist.id for _, _, watchlist in hits],
        "day": day,
    }
    return [hits[row["place"] - 1] for row in conn.execute(_SQL["watched"], pairs)]
