# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cross search: which vehicles were at several of these places and times. Recorded by POST, shown by its number."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of, record_shown
from anpr.console.coverage import coverage_gaps, oldest_kept, transits_not_kept
from anpr.console.pages.vehicle.cross_form import CrossFields, fields_of_cross, read_cross
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
from anpr.domain.errors import QueryTooLongError
from anpr.domain.search_reason import plain_reason
from anpr.domain.vehicle.cross import MOST_WINDOWS
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import gate_names
from anpr.store.organisations.rights import searchable_gates
from anpr.store.vehicles.common import MOST_VEHICLES, CommonVehicles, CrossQuery, common_vehicles
from anpr.store.vehicles.recorded_cross import RecordedCross, record_cross, recorded_cross

router = APIRouter(prefix="/cross")

SHOWN = 100
"""Vehicles on the page."""


async def _sent(request: Request) -> FormData:
    return await request.form()


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: SectionDep) -> Response:
    """The form, with the session's reason."""
    return _page(console, context, CrossFields(**carried_reason(console, visitor)))


@router.post("")
def ask(
    console: ConsoleDep, visitor: VisitorDep, context: SectionDep, form: Annotated[FormData, Depends(_sent)]
) -> Response:
    """Record the question with its reason, then lead to its answer; or the form again with what is wrong with it."""
    fields = read_cross(form, console.settings.zone, _open_gates(console))
    check_kind(console, fields.faults, fields.kind)
    if not fields.faults:
        check_case(console, fields.faults, fields.case)
    if fields.faults:
        refused = RefusedSearch(pattern="", reason=fields.reason, case=fields.case, faults=list(fields.faults))
        record_refused(console, visitor, refused)
        return _page(console, context, fields, status=400)
    now = console.clock.now()
    query = CrossQuery(
        windows=tuple(fields.windows), least=fields.least_number, since=oldest_kept(console), received_until=now
    )
    reason, case = plain_reason(fields.reason), fields.case.strip() or None
    try:
        with console.search_seats.seat(visitor.user.name):
            by, limit_s = author_of(console, visitor), console.settings.console.search_timeout_s
            kind = known_kind(console, fields.kind)
            number = record_cross(console.search_database, query, by, reason, case, limit_s, kind)
    except (QueryTooLongError, SearchesBusyError) as exc:
        return _page(console, context, fields, status=503, notice=notice_of(console, exc))
    return RedirectResponse(f"/vehicle/cross/{number}", status_code=303)


@router.get("/{number}")
def results(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: SectionDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
) -> Response:
    """The answer to the visitor's own question. 404 for everybody else's."""
    with console.database.transaction() as conn:
        search = recorded_cross(conn, number)
    if search is None or search.actor != visitor.user.name:
        raise HTTPException(404)
    fields = fields_of_cross(search, console.settings.zone)
    try:
        with console.search_seats.seat(visitor.user.name):
            found = _found(console, search)
    except (QueryTooLongError, SearchesBusyError) as exc:
        return _page(console, context, fields, status=503, notice=notice_of(console, exc))
    _record(console, visitor, search, found)
    return _page(console, context, fields, search=search, found=found, **_limits(console, search))


def _found(console: Console, search: RecordedCross) -> CommonVehicles:
    with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
        return common_vehicles(conn, search.query(oldest_kept(console)))


def _limits(console: Console, search: RecordedCross) -> dict[str, Any]:
    """Who did not look in these windows, or did not keep everything; each gap once."""
    gaps, kept = {}, {}
    for window in search.windows:
        for gap in coverage_gaps(console, window.since, window.until, window.gate_ids):
            gaps[gap.kind, gap.id, gap.started_at] = gap
        for one in transits_not_kept(console, window.since, window.until, window.gate_ids):
            kept[one.gate_id] = one
    return {"gaps": list(gaps.values()), "not_kept": list(kept.values())}


def _record(console: Console, visitor: Visitor, search: RecordedCross, found: CommonVehicles) -> None:
    shown = [hit.transit_id for vehicle in found.found[:SHOWN] for hit in vehicle.hits]
    reason, case = search.reason or None, search.case_reference or None
    record_shown(console, visitor, "vehicle-cross", shown, reason=reason, case=case, search=search.number)


def _open_gates(console: Console) -> dict[str, str]:
    with console.database.transaction() as conn:
        names, is_open = gate_names(conn), searchable_gates(conn)
    return {gate_id: name for gate_id, name in names.items() if gate_id in is_open}


def _page(console: Console, context: PageContext, fields: CrossFields, *, status: int = 200, **values: Any) -> Response:
    """`found` among the values: the answer; None, its default, before a question."""
    shown = {
        "fields": fields,
        "faults": fields.faults,
        "gate_names": _open_gates(console),
        "notice": None,
        "search": None,
        "found": None,
        "shown": SHOWN,
        "most_vehicles": MOST_VEHICLES,
        "most_windows": MOST_WINDOWS,
        "kept_since": oldest_kept(console),
        **reason_choices(console, context),
        **values,
    }
    return console.templates.response("vehicle/cross.html", context, status=status, **shown)
