# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search of transits by plate: post, redirect, get. No plate is ever in an address, which histories and logs keep.

A search is recorded once, by POST, and has the number of its row in the audit. Its results have an address with that
number, so that Back, reload, the next page, the language switch and a second tab show the same search again.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.coverage import coverage_gaps, oldest_kept, transits_not_kept
from anpr.console.field_faults import FieldFault
from anpr.console.fields import without_controls
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.search import on_map
from anpr.console.pages.search.form import SearchFields, check_fields, fields_of, new_fields, query_of
from anpr.console.pages.search.found import ROWS, end_of, own_search, record_results, results_of
from anpr.console.rendering.filters import local_day
from anpr.console.rendering.templates import PageContext
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import QueryTooLongError
from anpr.domain.organisation import Action
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.gates import gate_names
from anpr.store.organisations.rights import is_shared, may_at_gate, searchable_gates
from anpr.store.transits.audited_search import MAX_LIMIT, record_search
from anpr.store.transits.rows import get_transit

router = APIRouter(prefix="/search")


@router.get("")
def show(console: ConsoleDep, context: ContextDep, transit: UUID | None = None) -> Response:
    """The form, not sent yet, for the last 24 hours; or for all transits kept of the plate of this transit."""
    now, zone = console.clock.now(), console.settings.zone
    fields = new_fields(now, zone)
    if transit is not None:
        plate = _plate_of(console, transit)
        fields = fields.model_copy(update={"plate": plate, "since": local_day(oldest_kept(console), zone)})
    return _page(console, context, fields)


@router.post("")
def search(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    fields: Annotated[SearchFields, Form()],
) -> Response:
    """Record the search with its reason, then lead to its results; or the form again with what is wrong with it."""
    checked = check_fields(fields, console.settings.zone)
    if not checked.faults and (closed := _not_open(console, fields.gates)):
        checked.faults["gates"] = FieldFault(key="search.gate_not_open", values={"gate": closed})
    if checked.faults:
        _record_refused(console, visitor, fields, list(checked.faults))
        return _page(console, context, fields, status=400, faults=checked.faults)
    try:
        with console.search_seats.seat(visitor.user.name):
            number = record_search(
                console.search_database,
                query_of(fields, checked),
                visitor.user.name,
                fields.reason,
                fields.case.strip() or None,
                console.clock,
                console.settings.console.search_timeout_s,
            )
    except (QueryTooLongError, SearchesBusyError) as exc:
        return _page(console, context, fields, status=503, notice=_notice(console, exc))
    address = f"/search/{number}"
    if "hx-request" in request.headers:  # the script, which leaves no POST among the pages that Back leads to
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


@router.get("/{number}")
def results(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    page: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 1,
) -> Response:
    """A page of the results of the visitor's own search, as often as they like. 404 for everybody else's."""
    found = own_search(console, visitor, number)
    try:
        with console.search_seats.seat(visitor.user.name):
            total, page, rows, held = results_of(console, visitor, found, page)
    except (QueryTooLongError, SearchesBusyError) as exc:
        fields = fields_of(found, console.settings.zone)
        return _page(console, context, fields, status=503, notice=_notice(console, exc))
    record_results(console, visitor, found, page, rows)
    query = found.query
    values: dict[str, Any] = {
        "search": found,
        "found": rows,
        "held": held,
        "total": total,
        "is_more": total == MAX_LIMIT,
        "page": page,
        "first": (page - 1) * ROWS + 1,
        "has_older": page * ROWS < total,
        "link_query": f"&search={number}" + (f"&page={page}" if page > 1 else ""),
        "gaps": coverage_gaps(console, query.since, end_of(found), query.gate_ids),
        "not_kept": transits_not_kept(console, query.since, end_of(found), query.gate_ids),
    }
    return _page(console, context, fields_of(found, console.settings.zone), **values)


def _not_open(console: Console, gate_ids: Sequence[str]) -> str | None:
    """The first of these gates whose transits are not open to the visitor: a search there would find nothing."""
    with console.database.transaction() as conn:
        return next((each for each in gate_ids if not may_at_gate(conn, Action.SEARCH, each)), None)


def _record_refused(console: Console, visitor: Visitor, fields: SearchFields, faults: list[str]) -> None:
    """What could not be searched is written down too, as far as it can be."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.SEARCH_REFUSED,
        at=console.clock.now(),
        reason=without_controls(plain_reason(fields.reason))[:MAX_REASON] or None,
        case_reference=without_controls(fields.case.strip())[:100] or None,
        detail={"pattern": without_controls(fields.plate)[:64], "refused": faults},
    )
    with console.database.transaction() as conn:
        append(conn, event)


def _notice(console: Console, exc: Exception) -> FieldFault:
    """Why there is no answer, and what helps."""
    if isinstance(exc, SearchesBusyError):
        return FieldFault(key="search.busy_user" if exc.by_user else "search.busy")
    return FieldFault(key="search.too_slow", values={"count": f"{console.settings.console.search_timeout_s:g}"})


def _plate_of(console: Console, transit_id: UUID) -> str:
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    return stored.transit.plate


def _page(
    console: Console, context: PageContext, fields: SearchFields, *, status: int = 200, **values: Any
) -> Response:
    """`found` among the values: the transits found; None, its default, before a search."""
    with console.database.transaction() as conn:
        names, open_gates = gate_names(conn), searchable_gates(conn)
        shared = is_shared(conn)
    shown = {
        "fields": fields,
        "gates": {gate_id: name for gate_id, name in names.items() if gate_id in open_gates},
        "gate_names": names,
        "is_shared": shared,
        "faults": {},
        "notice": None,
        "found": None,
        "kept_days": console.settings.retention.longest_days,
        "least_days": console.settings.retention.shortest_days,
        "kept_since": oldest_kept(console),
        "zone": console.settings.time_zone,
        **values,
    }
    return console.templates.response(
        "search/search.html", context, status=status, via="search", section="search", **shown
    )


router.include_router(on_map.router)

PAGE = Page(name="search", router=router, permissions=(Permission.SEARCH_TRANSITS,))
