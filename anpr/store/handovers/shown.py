# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lookup of what a handover names by number, for who reads it: vehicles, words, suppressions that are still kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from anpr.domain.alarm import AlarmEvent, AlarmEventKind, AlarmState
from anpr.domain.handover import ShiftFacts
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.gates import gate_names

_SQL = load_queries("handovers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """By number; what retention has deleted, or who asks may not see, is not there."""

    vehicles: Mapping[int, str] = field(default_factory=dict)
    """Of alarms."""
    states: Mapping[int, AlarmState] = field(default_factory=dict)
    """Of alarms, as they are now."""
    words: tuple[AlarmEvent, ...] = ()
    """The newest first."""
    suppressed: Mapping[int, str] = field(default_factory=dict)
    """Vehicles of suppressions."""
    gates: Mapping[str, str] = field(default_factory=dict)
    """What people call each gate, by id."""


def named_in(conn: Connection, facts: ShiftFacts) -> Named:
    """What the facts name. Raises StoreError."""
    ids = [alarm.id for alarm in facts.alarms] + [note.alarm_id for note in facts.notes]
    rows = conn.execute(_SQL["vehicles"], {"ids": ids}).fetchall()
    events = conn.execute(_SQL["words"], {"ids": [note.event_id for note in facts.notes]})
    held = conn.execute(_SQL["suppressed"], {"ids": [each.id for each in facts.suppressions]})
    return Named(
        vehicles={row["id"]: row["vehicle"] for row in rows},
        states={row["id"]: AlarmState(row["state"]) for row in rows},
        words=tuple(AlarmEvent(**{**row, "kind": AlarmEventKind(row["kind"])}) for row in events),
        suppressed={row["id"]: row["vehicle"] for row in held},
        gates=gate_names(conn),
    )
