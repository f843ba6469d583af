# SPDX-License-Identifier: AGPL-3.0-or-later
"""One vehicle: post, redirect, get, as the search does it. The page is the visitor's own recorded search for one plate,
seen as a vehicle: its number stands in the address, and its reason and case in the audit of all that is shown.
"""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record_once, record_shown
from anpr.console.coverage import coverage_gaps, oldest_kept, transits_not_kept
from anpr.console.page import Page
from anpr.console.pages.vehicle import cross, together
from anpr.console.pages.vehicle.asked import AskedVehicle, NumberDep, asked_vehicle
from anpr.console.pages.vehicle.form import VehicleFields, check_vehicle_fields
from anpr.console.pages.vehicle.gathered import Gathered, gather
from anpr.console.pages.vehicle.refusal import notice_of
from anpr.console.pages.vehicle.section import SectionDep
from anpr.console.rendering.templates import PageContext
from anpr.console.search_reason import (
    RefusedSearch,
    carried_reason,
    check_case,
    check_kind,
    known_kind,
    reason_choices,
    record_refused,
)
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import QueryTooLongError
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.transits.audited_search import record_search
from anpr.store.transits.rows import TransitQuery, get_transit

router = APIRouter(prefix="/vehicle")


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: SectionDep, transit: UUID | None = None) -> Response:
    """The form with the session's reason; for the plate of this transit when one is named."""
    plate = _plate_of(console, transit) if transit else ""
    fields = VehicleFields(plate=plate, **carried_reason(console, visitor))
    return _form(console, context, fields)


@router.post("")
def ask(
    console: ConsoleDep, visitor: VisitorDep, context: SectionDep, fields: Annotated[VehicleFields, Form()]
) -> Response:
    """Record the question with its reason, then lead to the vehicle's page; or the form again with what is wrong."""
    if fields.transit and not fields.plate:
        fields = fields.model_copy(update={"plate": _plate_of(console, _uuid(fields.transit))})
    checked = check_vehicle_fields(fields, console.settings.zone)
    check_kind(console, checked.faults, fields.kind)
    if not checked.faults:
        check_case(console, checked.faults, fields.case)
    if checked.faults:
        record_refused(
            console,
            visitor,
            RefusedSearch(pattern=fields.plate, reason=fields.reason, case=fields.case, faults=list(checked.faults)),
        )
        return _form(console, context, fields, status=400, faults=checked.faults)
    query = TransitQuery(pattern=checked.plate, since=checked.since, until=checked.until)
    try:
        with console.search_seats.seat(visitor.user.name):
            number = record_search(
                console.search_database,
                query,
                visitor.user.name,
                fields.reason,
                fields.case.strip() or None,
                console.clock,
                console.settings.console.search_timeout_s,
                known_kind(console, fields.kind),
            )
    except (QueryTooLongError, SearchesBusyError) as exc:
        return _form(console, context, fields, status=503, notice=notice_of(console, exc))
    return RedirectResponse(f"/vehicle/{number}", status_code=303)


def vehicle(
    console: ConsoleDep, visitor: VisitorDep, context: SectionDep, number: NumberDep, day: Annotated[str, Query()] = ""
) -> Response:
    """The page of the vehicle that the visitor's own search asks for; `day` (ISO 8601) chooses whose way is shown."""
    asked = asked_vehicle(console, visitor, number)
    try:
        with console.search_seats.seat(visitor.user.name):
            found = gather(console, visitor, asked, _day(day))
    except (QueryTooLongError, SearchesBusyError) as exc:
        search = asked.search
        fields = VehicleFields(
            plate=asked.plate, kind=search.reason_kind, reason=search.reason, case=search.case_reference
        )
        return _form(console, context, fields, status=503, notice=notice_of(console, exc))
    _record(console, visitor, asked, found)
    return console.templates.response("vehicle/vehicle.html", context, **_values(console, asked, found))


def _values(console: Console, asked: AskedVehicle, found: Gathered) -> dict[str, Any]:
    return {
        "asked": asked,
        "search": asked.search,
        "found": found,
        "gates": found.gates,
        "gate_names": {gate_id: gate.name for gate_id, gate in found.gates.items()},
        "most_hour": max((max(hours) for hours in found.routine.by_weekday), default=0),
        "most_day": max((max(hours) for hours in found.routine.by_day.values()), default=0),
        "gaps": coverage_gaps(console, asked.since, asked.until, asked.search.query.gate_ids),
        "not_kept": transits_not_kept(console, asked.since, asked.until, asked.search.query.gate_ids),
        "unplaced": sum(gate.latitude is None for gate in found.gates.values()),
        "query": f"via=search&search={asked.search.number}",
        "now": console.clock.now(),
    }


def _record(console: Console, visitor: Visitor, asked: AskedVehicle, found: Gathered) -> None:
    """Which transits were shown, once in a while; and once a session that lists were asked for the plate."""
    search = asked.search
    reason, case = search.reason or None, search.case_reference or None
    record_shown(console, visitor, "vehicle", found.shown(), reason=reason, case=case, search=search.number)
    if found.lists is not None:
        event = AuditEvent(
            actor=visitor.user.name,
            action=AuditAction.WATCHLIST_SEARCHED,
            at=console.clock.now(),
            reason=reason,
            case_reference=case,
            detail={"plate": asked.plate},
        )
        record_once(console, visitor, f"vehicle lists {search.number}", event)


def _form(
    console: Console, context: PageContext, fields: VehicleFields, *, status: int = 200, **values: Any
) -> Response:
    choices = reason_choices(console, context)
    shown = {"fields": fields, "faults": {}, "notice": None, "kept_since": oldest_kept(console), **choices, **values}
    return console.templates.response("vehicle/form.html", context, status=status, **shown)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None


def _plate_of(console: Console, transit_id: UUID) -> str:
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    return stored.transit.plate


router.include_router(cross.router)
router.include_router(together.router)
router.get("/{number}")(vehicle)

PAGE = Page(name="vehicle", router=router, permissions=(Permission.SEARCH_TRANSITS,), is_in_menu=False)
