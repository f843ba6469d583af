# SPDX-License-Identifier: AGPL-3.0-or-later
"""Escalations that wait for their moment; each is taken out once, in the transaction that writes what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from anpr.domain.notification import Escalation
from anpr.domain.watchlist import Priority
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

STEP_LIMIT = 500
_SQL = load_queries("notifications")


@dataclass(frozen=True, kw_only=True, slots=True)
class DueEscalation:
    """An escalation whose moment has come, and whose rule it is of."""

    escalation: Escalation
    organisation_id: str


def plan_escalations(conn: Connection, organisation: str, planned: Sequence[Escalation]) -> None:
    """Keep them until they are due; one that is there already stays as it is."""
    values = {
        "alarm_id": [each.alarm_id for each in planned],
        "rule_id": [each.rule_id for each in planned],
        "step": [each.step for each in planned],
        "priority": [str(each.priority) for each in planned],
        "due_at": [each.due_at for each in planned],
    }
    conn.execute(_SQL["escalate"], {**values, "organisation": organisation})


def take_due(conn: Connection, now: datetime) -> list[DueEscalation]:
    """Up to STEP_LIMIT whose moment has come; they are gone once this transaction commits."""
    rows = conn.execute(_SQL["due"], {"now": now, "limit": STEP_LIMIT})
    return [
        DueEscalation(
            escalation=Escalation(
                **{name: row[name] for name in ("alarm_id", "rule_id", "step", "due_at")},
                priority=Priority(row["priority"]),
            ),
            organisation_id=row["organisation_id"],
        )
        for row in rows
    ]


def next_due(conn: Connection) -> datetime | None:
    """When the next one is due (UTC); None where none waits."""
    at: datetime | None = one_row(conn, _SQL["next_due"])["at"]
    return at
