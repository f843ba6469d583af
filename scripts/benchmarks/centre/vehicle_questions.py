# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions of one vehicle's pages, as the store answers them: its page, a day's itinerary, who travels with it, and
who else was at its places."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from anpr.domain.gate import Gate
from anpr.domain.vehicle.cross import CrossWindow
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.domain.vehicle.itinerary import legs_of
from anpr.domain.vehicle.other_reads import other_reads
from anpr.domain.vehicle.routine import routine_of
from anpr.store.database.connection import Connection, Database
from anpr.store.transits.rows import TransitQuery
from anpr.store.vehicles.common import CrossQuery, common_vehicles
from anpr.store.vehicles.companions import CompanionQuery, Companions, companions_of
from anpr.store.vehicles.fixes import fixes_of, transits_alike, transits_of_vehicle
from scripts.benchmarks.centre.month import MONTH_DAYS, Month
from scripts.benchmarks.centre.queries import Ask, Kind, seen_rows

CONVOY_DAYS = timedelta(days=7)
"""Convoys are timed over a week, as the issue asks."""
WINDOWS = 5
"""Gate-time windows of a cross search."""
_WIDE = timedelta(minutes=15)
_ZONE = ZoneInfo("Europe/Rome")


def vehicle_page(conn: Connection, query: TransitQuery, gates: Mapping[str, Gate]) -> list[GateFix]:
    """What the page of a vehicle asks: its fixes, other reads that may be it, its routine."""
    fixes = fixes_of_query(conn, query, gates)
    other_reads(query.pattern, transits_alike(conn, query))
    routine_of(fixes, _ZONE)
    return fixes


def fixes_of_query(conn: Connection, query: TransitQuery, gates: Mapping[str, Gate]) -> list[GateFix]:
    """The vehicle's fixes within the query."""
    return fixes_of([each.transit for each in transits_of_vehicle(conn, query)], gates)


def convoy(conn: Connection, query: CompanionQuery, gates: Mapping[str, Gate]) -> Companions:
    """Who was near the vehicle, the least likely by chance first."""
    whole = TransitQuery(pattern=query.plate, since=query.since, until=query.until)
    return companions_of(conn, query, fixes_of_query(conn, whole, gates))


def vehicle_kinds(database: Database, month: Month) -> Iterator[Kind]:
    """A hundred vehicles of the month each; its gates stand along a line, some 500 m from one to the next."""
    seen = seen_rows(database, month)
    gates, until = _gates(month), month.end
    of_all = [TransitQuery(pattern=row["plate"], since=until - timedelta(days=MONTH_DAYS), until=until) for row in seen]
    yield Kind(name="vehicle", questions=[_vehicle(query, gates) for query in of_all])
    yield Kind(name="itinerary", questions=[_itinerary(row, gates) for row in seen])
    yield Kind(name="convoy", questions=[_convoy(row["plate"], until, gates) for row in seen])
    yield Kind(name="cross", questions=[_cross(seen[at : at + WINDOWS], until) for at in range(len(seen) - WINDOWS)])


def _gates(month: Month) -> dict[str, Gate]:
    ids = [f"gate-{number}" for number in range(month.cameras // 2 + 1)]
    return {
        id_: Gate(id=id_, name=id_, purpose="-", legal_basis="-", latitude=45 + 0.005 * at, longitude=9.0)
        for at, id_ in enumerate(ids)
    }


def _vehicle(query: TransitQuery, gates: Mapping[str, Gate]) -> Ask:
    return lambda conn: vehicle_page(conn, query, gates)


def _itinerary(row: Mapping[str, Any], gates: Mapping[str, Gate]) -> Ask:
    day = datetime.combine(row["captured_at"], datetime.min.time(), UTC)
    query = TransitQuery(pattern=row["plate"], since=day, until=day + timedelta(days=1))
    return lambda conn: legs_of(fixes_of_query(conn, query, gates))


def _convoy(plate: str, until: datetime, gates: Mapping[str, Gate]) -> Ask:
    query = CompanionQuery(plate=plate, since=until - CONVOY_DAYS, until=until)
    return lambda conn: convoy(conn, query, gates).found


def _cross(rows: Sequence[Mapping[str, Any]], until: datetime) -> Ask:
    windows = tuple(
        CrossWindow(gate_ids=(row["gate_id"],), since=row["captured_at"] - _WIDE, until=row["captured_at"] + _WIDE)
        for row in rows
    )
    query = CrossQuery(
        windows=windows, least=2, since=until - timedelta(days=MONTH_DAYS), received_until=until + timedelta(days=1)
    )
    return lambda conn: common_vehicles(conn, query).found
