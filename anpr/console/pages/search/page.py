# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search of transits: post, redirect, get. No plate is ever in an address, which histories and logs keep.

A search is recorded once, by POST, and has the number of its row in the audit. Its results have an address with that
number, so that Back, reload, the next page, the language switch and a second tab show the same search again. When the
browser goes away, the search ends in the database too.
"""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.coverage import coverage_within, oldest_kept
from anpr.console.fields import Whole
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.search import area_map, export, gathering, on_map, timeline
from anpr.console.pages.search.asking import check_search
from anpr.console.pages.search.chips import chips_of
from anpr.console.pages.search.form import CheckedFields, SearchFields, fields_of, fields_of_query, new_fields, query_of
from anpr.console.pages.search.found import (
    ROWS,
    FoundPage,
    Shown,
    ShownDep,
    end_of,
    key_of,
    own_search,
    record_results,
    results_of,
)
from anpr.console.pages.search.gathering import marks_of, question_of
from anpr.console.pages.search.newest import of_newest_days
from anpr.console.pages.search.rendering import no_answer, search_page
from anpr.console.rendering.filters import local_day
from anpr.console.rendering.templates import PageContext
from anpr.console.search_reason import RefusedSearch, carried_reason, known_kind, record_refused
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.console.until_disconnected import until_disconnected
from anpr.domain.access import Permission
from anpr.domain.errors import QueryTooLongError
from anpr.store.gates import gate_names
from anpr.store.transits.audited_search import MAX_LIMIT, record_search
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import get_transit

router = APIRouter(prefix="/search")


@router.get("")
def show(  # noqa: PLR0913  parts of the address
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    transit: UUID | None = None,
    investigation: Whole = 0,
    question: Whole = 0,
    *,
    newest: bool = False,
) -> Response:
    """The form, not sent yet: for the last 24 hours; for all transits kept of the plate of this transit; or a question
    that was saved for an investigation, whose reason is a new one, for its own days or as many of the newest."""
    now, zone = console.clock.now(), console.settings.zone
    if question:
        saved = question_of(console, visitor, investigation, question)
        query = of_newest_days(saved.query, saved.saved_at, now, zone) if newest else saved.query
        return search_page(console, context, fields_of_query(query, zone).model_copy(update={"case": saved.case}))
    fields = new_fields(now, zone).model_copy(update={**carried_reason(console, visitor)})
    if transit is not None:
        plate = _plate_of(console, transit)
        fields = fields.model_copy(update={"plate": plate, "since": local_day(oldest_kept(console), zone)})
    return search_page(console, context, fields)


@router.post("")
async def search(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    fields: Annotated[SearchFields, Form()],
) -> Response:
    """Record the search with its reason, then lead to its results; or the form again with what is wrong with it."""
    answer = await until_disconnected(request, console, lambda limited: _asked(limited, visitor, context, fields))
    if "location" in answer.headers and "hx-request" in request.headers:
        # The script, which leaves no POST among the pages that Back leads to.
        return Response(status_code=204, headers={"HX-Redirect": answer.headers["location"]})
    return answer


def _asked(console: Console, visitor: Visitor, context: PageContext, fields: SearchFields) -> Response:
    fields = fields.lessened()
    checked = check_search(console, fields)
    if checked.faults:
        record_refused(
            console,
            visitor,
            RefusedSearch(pattern=fields.plate, reason=fields.reason, case=fields.case, faults=list(checked.faults)),
        )
        return search_page(console, context, fields, status=400, faults=checked.faults)
    try:
        number = _recorded(console, visitor, fields, checked)
    except (QueryTooLongError, SearchesBusyError) as exc:
        return search_page(console, context, fields, status=503, notice=no_answer(console, exc))
    return RedirectResponse(f"/search/{number}", status_code=303)


def _recorded(console: Console, visitor: Visitor, fields: SearchFields, checked: CheckedFields) -> int:
    with console.search_seats.seat(visitor.user.name):
        return record_search(
            console.search_database,
            query_of(fields, checked),
            visitor.user.name,
            fields.reason,
            fields.case.strip() or None,
            console.clock,
            console.settings.console.search_timeout_s,
            known_kind(console, fields.kind),
        )


@router.get("/{number}")
async def results(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    shown: ShownDep,
) -> Response:
    """A page of the results of the visitor's own search, as often as they like. 404 for everybody else's."""
    return await until_disconnected(
        request, console, lambda limited: _found(limited, visitor, context, own_search(limited, visitor, number), shown)
    )


def _found(console: Console, visitor: Visitor, context: PageContext, search: RecordedSearch, shown: Shown) -> Response:
    fields = fields_of(search, console.settings.zone)
    try:
        with console.search_seats.seat(visitor.user.name):
            found = results_of(console, visitor, search, shown)
    except (QueryTooLongError, SearchesBusyError) as exc:
        return search_page(console, context, fields, status=503, notice=no_answer(console, exc))
    shown = replace(shown, page=found.page)
    record_results(console, visitor, search, shown, found.rows)
    return search_page(console, context, fields, **_values(console, context, search, shown, found))


def _values(
    console: Console, context: PageContext, search: RecordedSearch, shown: Shown, found: FoundPage
) -> dict[str, Any]:
    query, page = search.query, found.page
    with console.database.transaction() as conn:
        names = gate_names(conn)
        coverage = coverage_within(conn, oldest_kept(console), query.since, end_of(search), query.gate_ids)
    return {
        "search": search,
        "gate_names": names,
        "chips": chips_of(query, console.templates.catalogue(context.language), names),
        "found": found.rows,
        "held": found.held,
        "total": found.total,
        "is_more": found.total == MAX_LIMIT,
        "most": MAX_LIMIT,
        "page": page,
        "shown": shown,
        "first": (page - 1) * ROWS + 1,
        "has_older": page * ROWS < found.total,
        "first_key": key_of(found.rows[0]) if found.rows and page > 2 else "",
        "last_key": key_of(found.rows[-1]) if found.rows else "",
        "link_query": f"&search={search.number}" + shown.address(told="").replace("?", "&", 1),
        "marks": marks_of(console, search, found.rows) if Permission.INVESTIGATE in context.may else None,
        "gaps": coverage.gaps,
        "not_kept": coverage.not_kept,
    }


def _plate_of(console: Console, transit_id: UUID) -> str:
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    return stored.transit.plate


for part in (area_map, on_map, timeline, export, gathering):
    router.include_router(part.router)

PAGE = Page(name="search", router=router, permissions=(Permission.SEARCH_TRANSITS,))
