# SPDX-License-Identifier: AGPL-3.0-or-later
"""Upsert of alarms: the hits of a batch become sightings, each in the open alarm of its vehicle or in a new one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anpr.domain.alarm import SETTLED, Alarm, Sighting, kind_of, vehicle_of
from anpr.store.alarms.changing import lock_alarms, notify
from anpr.store.alarms.rows import sighting_from_row, some_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.matching import Hit

JOIN_AFTER_CLOSE = timedelta(minutes=10)
"""Unless the settings say otherwise (`alarms.join_after_close_minutes`)."""
_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """What a batch of hits came to, oldest first."""

    sightings: tuple[Sighting, ...] = ()
    """Those that are new, also what was suppressed."""
    alarms: tuple[Alarm, ...] = ()
    """Those that they are in, as they are now: new ones, and those that were there."""
    new: frozenset[int] = frozenset()
    """Ids of the alarms that are new."""

    def __add__(self, other: "Raised") -> "Raised":
        alarms = {alarm.id: alarm for alarm in (*self.alarms, *other.alarms)}
        return Raised(
            sightings=(*self.sightings, *other.sightings),
            alarms=tuple(alarms[number] for number in sorted(alarms)),
            new=self.new | other.new,
        )

    def new_by_list(self) -> Counter[str]:
        """How many are new, by the list of the first sighting of each."""
        first: dict[int, str] = {}
        for sighting in self.sightings:
            if sighting.alarm_id in self.new:
                first.setdefault(sighting.alarm_id, sighting.watchlist_id)
        return Counter(first.values())


def raise_alarms(
    conn: Connection,
    hits: Sequence[Hit],
    raised_at: datetime,
    *,
    retro: bool = False,
    join_after_close: timedelta = JOIN_AFTER_CLOSE,
) -> Raised:
    """Store a sighting for each hit that has none yet, and notify the id of each alarm that they are in on
    `anpr_alarm`, or on `anpr_alarm_retro` when they were found in the past. Which alarm that is says
    `anpr.domain.alarm.may_join`.

    Ids become visible in their order (one changer at a time, until its transaction ends), so that "all alarms after
    id N" never misses one. So call it last in a transaction, at READ COMMITTED.
    """
    if not hits:
        return Raised()
    lock_alarms(conn)
    rows = [_to_row(hit) for hit in hits]
    values: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    values |= {"raised_at": raised_at, "retro": retro, "join_after_close": join_after_close}
    values["settled"] = [str(outcome) for outcome in SETTLED]
    found = conn.execute(_SQL["raise"], values).fetchall()
    touched = sorted({row["alarm_id"] for row in found if row["alarm_id"] is not None})
    notify(conn, touched, retro=retro)
    return Raised(
        sightings=tuple(sighting_from_row(row) for row in found),
        alarms=tuple(some_alarms(conn, touched)) if touched else (),
        new=frozenset(row["alarm_id"] for row in found if row["is_new"]),
    )


def _to_row(hit: Hit) -> dict[str, Any]:
    transit, match, watchlist = hit
    return {
        "transit_id": transit.id,
        "captured_at": transit.captured_at,
        "gate_id": transit.gate_id,
        "camera_id": transit.camera_id,
        "plate": transit.plate,
        "vehicle": vehicle_of(match.entry.plate, transit.plate),
        "entry_id": match.entry.id,
        "entry_plate": match.entry.plate,
        "watchlist_id": watchlist.id,
        "reason": match.entry.reason,
        "priority": str(watchlist.priority),
        "kind": str(kind_of(watchlist.kind)),
        "probability": float(match.probability),  # the driver refuses a list of integers and floats
    }
