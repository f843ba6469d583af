# SPDX-License-Identifier: AGPL-3.0-or-later
"""Open alarms counted by gate."""

from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarms_by_gate")


def open_by_gate(conn: Connection) -> dict[str, int]:
    """How many alarms of now are not closed at each gate; gates without any are left out. Raises StoreError."""
    return {row["gate_id"]: row["count"] for row in conn.execute(_SQL["open_by_gate"])}
