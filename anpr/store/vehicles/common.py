# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicles common to several places and times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from anpr.domain.vehicle.cross import CrossHit, CrossVehicle, CrossWindow, check_windows, rank_common
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MOST_VEHICLES = 500
"""Of one answer: those of the most windows. The page says how many there are."""
_MOST_COUNTED = 1000
"""Transits of one vehicle: who has more is there all the time."""
_SQL = load_queries("vehicle")


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossQuery:
    """Vehicles in at least `least` of these windows; transits that the centre had received until `received_until`.

    `since`: the oldest transit that is kept, from which it is counted how often a vehicle is there otherwise."""

    windows: tuple[CrossWindow, ...]
    least: int
    since: datetime
    received_until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonVehicles:
    """The answer; `total` vehicles met the condition, of which `found` are at most MOST_VEHICLES."""

    found: Sequence[CrossVehicle]
    total: int


def common_vehicles(conn: Connection, query: CrossQuery) -> CommonVehicles:
    """What the query asks. Raises InputError for windows that cannot be asked, and StoreError."""
    check_windows(query.windows, query.least)
    rows = conn.execute(_SQL["common"], _values(query)).fetchall()
    hits = [CrossHit(row["plate"], row["window"], row["id"], row["gate_id"], row["captured_at"]) for row in rows]
    plates = sorted({hit.plate for hit in hits})
    return CommonVehicles(found=rank_common(hits, _counts(conn, query, plates)), total=rows[0]["total"] if rows else 0)


def _counts(conn: Connection, query: CrossQuery, plates: Sequence[str]) -> dict[str, int]:
    values = {
        "plates": list(plates),
        "gate_ids": sorted({gate_id for window in query.windows for gate_id in window.gate_ids}),
        "since": query.since,
        "until": query.received_until,
        "most": _MOST_COUNTED,
    }
    return {row["plate"]: row["count"] for row in conn.execute(_SQL["count_at_gates"], values)}


def _values(query: CrossQuery) -> dict[str, object]:
    windows = [
        {"number": number, "gate_ids": each.gate_ids, "since": each.since, "until": each.until}
        for number, each in enumerate(query.windows)
    ]
    return {
        "windows": msgspec.json.encode(windows).decode(),
        "since": min(each.since for each in query.windows),
        "until": max(each.until for each in query.windows),
        "received_until": query.received_until,
        "least": query.least,
        "most": MOST_VEHICLES,
    }
