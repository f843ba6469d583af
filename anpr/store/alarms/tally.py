# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counts of the alarms that are not closed, by state and priority: the true numbers, whatever a page shows of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anpr.domain.alarm import AlarmState
from anpr.domain.watchlist import Priority
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmTally:
    """How many alarms of now are raised, and acknowledged or in progress, by priority (0 ones are left out), and how
    many from the past are not closed."""

    raised: Mapping[Priority, int] = field(default_factory=dict)
    acknowledged: Mapping[Priority, int] = field(default_factory=dict)
    past: int = 0

    @property
    def to_take(self) -> int:
        """Alarms of now that nobody has acknowledged."""
        return sum(self.raised.values())

    @property
    def open(self) -> int:
        """Alarms of now that are not closed."""
        return self.to_take + sum(self.acknowledged.values())


def tally_alarms(conn: Connection) -> AlarmTally:
    """Count them: one statement."""
    counts: dict[AlarmState, dict[Priority, int]] = {AlarmState.RAISED: {}, AlarmState.ACKNOWLEDGED: {}}
    past = 0
    for row in conn.execute(_SQL["tally"]):
        if row["retro"]:
            past += row["count"]
        else:
            state = AlarmState.RAISED if row["state"] == AlarmState.RAISED else AlarmState.ACKNOWLEDGED
            of_state = counts[state]
            of_state[Priority(row["priority"])] = of_state.get(Priority(row["priority"]), 0) + row["count"]
    return AlarmTally(raised=counts[AlarmState.RAISED], acknowledged=counts[AlarmState.ACKNOWLEDGED], past=past)
