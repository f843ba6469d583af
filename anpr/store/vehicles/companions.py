# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicles that were at the same gates within seconds of one, with what chance would make of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from anpr.domain.vehicle.convoy import Companion, Meeting, rank_companions
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.habits import GateTime
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MOST_ASKED = 500
"""Transits of the asked vehicle that are compared, the newest."""
MOST_OTHERS = 100
"""Vehicles whose habits are read: those that met it most often."""
_MOST_HABITS = 5000
"""Transits of each."""
_SQL = load_queries("vehicle")


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanionQuery:
    """Who was with this vehicle in [since, until), UTC: within `window`, at `least_gates` gates or more."""

    plate: str
    since: datetime
    until: datetime
    window: timedelta = timedelta(seconds=30)
    least_gates: int = 2
    least_meetings: int = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Companions:
    """Who was near, the least likely by chance first."""

    found: Sequence[Companion]
    compared: int
    """Vehicles that met it at all."""
    transit_of: dict[str, UUID]
    """The newest transit of each that was near."""
    is_capped: bool
    """Whether more met the conditions than were compared with their habits, MOST_OTHERS."""


def companions_of(conn: Connection, query: CompanionQuery, asked: Sequence[GateFix]) -> Companions:
    """Those of this query. `asked`: the vehicle's fixes of the period, which are its journeys. Raises StoreError."""
    rows = conn.execute(_SQL["meetings"], _values(query)).fetchall()
    meetings = [Meeting(row["plate"], row["transit_id"], row["gate_id"], row["at"], row["offset_s"]) for row in rows]
    plates = sorted({each.plate for each in meetings})
    compared = rows[0]["compared"] if rows else 0
    newest = sorted(asked, key=lambda fix: fix.at)[-MOST_ASKED:]
    gate_ids = sorted({fix.gate_id for fix in newest})
    habits = _habits(conn, query, plates, gate_ids)
    found = rank_companions(newest, meetings, habits, query.window, query.until - query.since, compared)
    return Companions(
        found=found,
        compared=compared,
        transit_of={row["plate"]: row["other_id"] for row in rows},
        is_capped=len(plates) == MOST_OTHERS,
    )


def _habits(
    conn: Connection, query: CompanionQuery, plates: Sequence[str], gate_ids: Sequence[str]
) -> dict[str, list[GateTime]]:
    values = {
        "plates": list(plates),
        "gate_ids": list(gate_ids),
        "since": query.since,
        "until": query.until,
        "most": _MOST_HABITS,
    }
    habits: dict[str, list[GateTime]] = defaultdict(list)
    for row in conn.execute(_SQL["habits"], values):
        habits[row["plate"]].append(GateTime(row["gate_id"], row["captured_at"]))
    return habits


def _values(query: CompanionQuery) -> dict[str, object]:
    return {
        "plate": query.plate,
        "since": query.since,
        "until": query.until,
        "window": query.window,
        "least_gates": query.least_gates,
        "least": query.least_meetings,
        "most": MOST_ASKED,
        "most_others": MOST_OTHERS,
    }
