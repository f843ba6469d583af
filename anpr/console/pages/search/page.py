# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search of transits by plate. Always by POST: a plate in an address would end up in histories and logs."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.coverage import coverage_gaps
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.search.form import SearchFields, check_fields, new_fields, query_of, split_page
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.gates import gate_names
from anpr.store.transits.audited_search import audited_search

router = APIRouter(prefix="/search")


@router.get("")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """The empty form, for the last 24 hours."""
    return _page(console, context, new_fields("", console.clock.now(), console.settings.zone))


@router.post("/new")
def prefill(console: ConsoleDep, context: ContextDep, plate: Annotated[str, Form(max_length=200)] = "") -> Response:
    """The form with a plate in it, not searched yet: the reason is still missing."""
    return _page(console, context, new_fields(plate, console.clock.now(), console.settings.zone))


@router.post("")
def search(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[SearchFields, Form()]
) -> Response:
    """Search, after the reason was recorded; or the form again with what is wrong with it."""
    checked = check_fields(fields, console.settings.zone)
    if checked.faults:
        return _page(console, context, fields, status=400, faults=checked.faults)
    found = audited_search(
        console.database,
        query_of(fields, checked),
        visitor.user.name,
        fields.reason.strip(),
        fields.case.strip() or None,
        console.clock,
    )
    shown, older = split_page(found, fields, checked.before)
    gaps = coverage_gaps(console, checked.since, checked.before or checked.until, tuple(fields.gates))
    return _page(console, context, fields, found=shown, older=older, gaps=gaps)


def _page(
    console: Console, context: PageContext, fields: SearchFields, *, status: int = 200, **values: Any
) -> Response:
    """`found` among the values: the transits found; None, its default, before a search."""
    with console.database.transaction() as conn:
        gates = gate_names(conn)
    values = {"fields": fields, "gates": gates, "faults": {}, "found": None, "older": None, **values}
    return console.templates.response(
        "search/search.html", context, status=status, via="search", section="search", **values
    )


PAGE = Page(name="search", router=router, permissions=(Permission.SEARCH_TRANSITS,))
