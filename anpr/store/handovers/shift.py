# SPDX-License-Identifier: AGPL-3.0-or-later
"""Facts of a shift, read from alarms, their logs, suppressions and sessions, with the rights of who asks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from anpr.domain.alarm import AlarmKind, AlarmState
from anpr.domain.coverage import BlindGate
from anpr.domain.handover import BlindPlace, InForce, NotedAlarm, OnDuty, OpenAlarm, ShiftFacts, shift_start
from anpr.domain.watchlist import Priority
from anpr.store.alarms.suppressions import list_suppressions
from anpr.store.alarms.tally import tally_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

MOST_ALARMS = 500
"""Listed one by one; the facts say how many there are. Those that somebody has come first."""
MOST_NOTES = 100
MOST_PEOPLE = 100
MOST_PLACES = 50
"""Gates that do not look, and suppressions, that are listed."""
_SQL = load_queries("handovers")


def facts_of_shift(conn: Connection, organisation_id: str, at: datetime, blind: Iterable[BlindGate]) -> ShiftFacts:
    """Of the shift of this organisation that ends now (`at`, UTC). `blind`: the gates that do not look. Raises
    StoreError."""
    last = one_row(conn, _SQL["last"], {"organisation": organisation_id, "before": at})["at"]
    since = shift_start(last, at)
    shift = {"since": since, "at": at, "organisation": organisation_id}
    tally = tally_alarms(conn)
    return ShiftFacts(
        since=since,
        at=at,
        alarms=tuple(_alarm(row) for row in conn.execute(_SQL["open_alarms"], {"limit": MOST_ALARMS})),
        open=tally.open,
        past=tally.past,
        closed={row["outcome"]: row["count"] for row in conn.execute(_SQL["closed"], shift)},
        notes=tuple(NotedAlarm(**row) for row in conn.execute(_SQL["notes"], {**shift, "limit": MOST_NOTES})),
        blind=tuple(_blind(each) for each in list(blind)[:MOST_PLACES]),
        suppressions=tuple(
            InForce(id=each.id, gate_id=each.gate_id, until=each.until)
            for each in list_suppressions(conn, at)[:MOST_PLACES]
        ),
        people=tuple(OnDuty(**row) for row in conn.execute(_SQL["people"], {**shift, "limit": MOST_PEOPLE})),
    )


def _alarm(row: dict[str, Any]) -> OpenAlarm:
    words = {"kind": AlarmKind(row["kind"]), "priority": Priority(row["priority"]), "state": AlarmState(row["state"])}
    return OpenAlarm(**{**row, **words})


def _blind(gate: BlindGate) -> BlindPlace:
    return BlindPlace(gate_id=gate.gate.id, since=gate.since, blind=gate.blind, cameras=gate.cameras)
