# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a vehicle's page shows, gathered from the store by the visitor's rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from anpr.console.access import Visitor
from anpr.console.maps.way import Stop, way_of
from anpr.console.pages.vehicle.asked import AskedVehicle
from anpr.console.state import Console
from anpr.domain.access import Permission
from anpr.domain.alarm import Alarm
from anpr.domain.gate import Gate
from anpr.domain.transit import Transit
from anpr.domain.vehicle.impossible_travel import ImpossibleTravel, impossible_travels
from anpr.domain.vehicle.itinerary import Leg, legs_of
from anpr.domain.vehicle.other_reads import OtherRead, other_reads
from anpr.domain.vehicle.routine import Routine, routine_of
from anpr.store.alarms.rows import sightings_of_transits, some_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import list_gates
from anpr.store.held import HoldMark, held_among
from anpr.store.transits.rows import StoredTransit
from anpr.store.vehicles.fixes import MOST_TRANSITS, fixes_of, transits_alike, transits_of_vehicle
from anpr.store.watchlists.entry_pages import Listing, lists_of_plate

MOST_IMPOSSIBLE = 10
"""Shown with their images, the newest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """Everything of one vehicle; `day` is the one whose way is shown, None without a transit."""

    transits: Mapping[UUID, Transit]
    """Newest first."""
    gates: Mapping[str, Gate]
    routine: Routine
    day: date | None
    stops: Sequence[Stop]
    legs: Sequence[Leg]
    impossible: Sequence[ImpossibleTravel]
    """The newest first, MOST_IMPOSSIBLE at most."""
    impossible_count: int
    others: Sequence[OtherRead]
    alarms: Sequence[Alarm] | None
    """None: the role sees none; so below."""
    lists: Sequence[Listing] | None
    holds: Sequence[HoldMark] | None

    @property
    def is_capped(self) -> bool:
        """Whether there may be older transits that were not read."""
        return len(self.transits) == MOST_TRANSITS

    def shown(self) -> list[UUID]:
        """The transits whose images the page shows, or whose way it draws."""
        ids = [stop.transit_id for stop in self.stops]
        ids += [fix.transit_id for each in self.impossible for fix in (each.first, each.second)]
        return list(dict.fromkeys([*ids, *(other.transits[0].id for other in self.others)]))


def gather(console: Console, visitor: Visitor, asked: AskedVehicle, day: date | None) -> Gathered:
    """`day`: of the site; another one than those with transits gives the newest. Raises QueryTooLongError."""
    with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
        return _gathered(conn, console, visitor, asked, day)


def _gathered(conn: Connection, console: Console, visitor: Visitor, asked: AskedVehicle, day: date | None) -> Gathered:
    stored = transits_of_vehicle(conn, asked.search.query)
    transits = {each.transit.id: each.transit for each in stored}
    gates = {gate.id: gate for gate in list_gates(conn)}
    zone = console.settings.zone
    fixes = fixes_of(transits.values(), gates)
    routine = routine_of(fixes, zone)
    chosen = day if day in routine.by_day else next(iter(routine.by_day), None)
    of_day = [fix for fix in fixes if fix.at.astimezone(zone).date() == chosen]
    impossible = impossible_travels(fixes)
    return Gathered(
        transits=transits,
        gates=gates,
        routine=routine,
        day=chosen,
        stops=way_of([transits[fix.transit_id] for fix in of_day], gates),
        legs=legs_of(of_day),
        impossible=impossible[: -MOST_IMPOSSIBLE - 1 : -1],
        impossible_count=len(impossible),
        others=other_reads(asked.plate, transits_alike(conn, asked.search.query)),
        alarms=_alarms(conn, transits) if visitor.may(Permission.VIEW_ALARMS) else None,
        lists=lists_of_plate(conn, asked.plate) if visitor.may(Permission.VIEW_WATCHLISTS) else None,
        holds=_holds(conn, stored) if visitor.may(Permission.VIEW_HOLDS) else None,
    )


def _alarms(conn: Connection, transits: Mapping[UUID, Transit]) -> list[Alarm]:
    """Those that consist of these transits, the newest first."""
    ids = {each.alarm_id for each in sightings_of_transits(conn, list(transits)) if each.alarm_id is not None}
    return some_alarms(conn, sorted(ids))[::-1] if ids else []


def _holds(conn: Connection, stored: Sequence[StoredTransit]) -> list[HoldMark]:
    marks = held_among(conn, [each.transit for each in stored])
    return list({mark.hold_id: mark for each in marks.values() for mark in each}.values())
