# SPDX-License-Identifier: AGPL-3.0-or-later
"""Together with: vehicles that were at the same gates within seconds of this one, the least likely by chance first."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.coverage import coverage_gaps, transits_not_kept
from anpr.console.field_faults import FieldFault
from anpr.console.pages.vehicle.asked import AskedVehicle, NumberDep, asked_vehicle
from anpr.console.pages.vehicle.refusal import notice_of
from anpr.console.pages.vehicle.section import SectionDep
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import QueryTooLongError
from anpr.domain.vehicle.convoy import NOT_CHANCE
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import list_gates
from anpr.store.vehicles.companions import MOST_ASKED, MOST_OTHERS, CompanionQuery, Companions, companions_of
from anpr.store.vehicles.fixes import fixes_of, transits_of_vehicle

router = APIRouter()

SHOWN = 50
"""Vehicles on the page."""
Seconds = Annotated[int, Query(ge=5, le=300)]
Gates = Annotated[int, Query(ge=1, le=10)]


@router.get("/{number}/together")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: SectionDep,
    number: NumberDep,
    seconds: Seconds = 30,
    gates: Gates = 2,
) -> Response:
    """The list, for the visitor's own search. `seconds` apart at most, at `gates` gates or more."""
    asked = asked_vehicle(console, visitor, number)
    query = CompanionQuery(
        plate=asked.plate,
        since=asked.since,
        until=asked.until,
        window=timedelta(seconds=seconds),
        least_gates=gates,
    )
    found, notice = _ask(console, visitor, asked, query)
    if found is not None:
        _record(console, visitor, asked, found)
    values = _values(console, asked, found)
    return console.templates.response(
        "vehicle/together.html",
        context,
        status=503 if notice else 200,
        seconds=seconds,
        least_gates=gates,
        notice=notice,
        **values,
    )


def _ask(
    console: Console, visitor: Visitor, asked: AskedVehicle, query: CompanionQuery
) -> tuple[Companions | None, FieldFault | None]:
    limit_s = console.settings.console.search_timeout_s
    try:
        with (
            console.search_seats.seat(visitor.user.name),
            console.search_database.transaction() as conn,
            time_limit(conn, limit_s),
        ):
            stored = transits_of_vehicle(conn, asked.search.query)
            fixes = fixes_of([each.transit for each in stored], {gate.id: gate for gate in list_gates(conn)})
            return companions_of(conn, query, fixes), None
    except (QueryTooLongError, SearchesBusyError) as exc:
        return None, notice_of(console, exc)


def _record(console: Console, visitor: Visitor, asked: AskedVehicle, found: Companions) -> None:
    search = asked.search
    shown = [found.transit_of[each.plate] for each in found.found[:SHOWN]]
    reason, case = search.reason or None, search.case_reference or None
    record_shown(console, visitor, "vehicle-together", shown, reason=reason, case=case, search=search.number)


def _values(console: Console, asked: AskedVehicle, found: Companions | None) -> dict[str, Any]:
    with console.database.transaction() as conn:
        names = {gate.id: gate.name for gate in list_gates(conn)}
    return {
        "asked": asked,
        "search": asked.search,
        "found": found,
        "companions": found.found[:SHOWN] if found else [],
        "gate_names": names,
        "gaps": coverage_gaps(console, asked.since, asked.until),
        "not_kept": transits_not_kept(console, asked.since, asked.until),
        "most_asked": MOST_ASKED,
        "most_others": MOST_OTHERS,
        "not_chance": NOT_CHANCE,
    }
