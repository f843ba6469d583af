# SPDX-License-Identifier: AGPL-3.0-or-later
"""Row-level security between organisations: the tables that have it, and whether it limits the role that asks."""

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("organisations")
PROTECTED = (
    "agreements",
    "alarms",
    "audit",
    "dead_letters",
    "deliveries",
    "discarded_counts",
    "entries",
    "forward_batches",
    "forward_runs",
    "gates",
    "health_intervals",
    "health_subjects",
    "holds",
    "images",
    "list_changes",
    "organisations",
    "recovery_codes",
    "refused_senders",
    "second_factors",
    "sessions",
    "transits",
    "users",
    "watchlist_owners",
    "watchlists",
)
"""What the console sees by organisation only; its policies are in config/postgres/roles.sql."""


def unprotected_tables(conn: Connection) -> list[str]:
    """Those whose rows this role sees whatever organisation it acts for, as the role that owns the tables does."""
    return [row["name"] for row in conn.execute(_SQL["unprotected"], {"tables": list(PROTECTED)})]
