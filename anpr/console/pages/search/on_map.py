# SPDX-License-Identifier: AGPL-3.0-or-later
"""Results of a search on a map: the way of one plate among those of a page, numbered in the order of time.

Nothing is asked anew: it shows what the page of results shows. Which plate is said by one of its transits, since no
plate is ever in an address.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.maps.way import way_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.search.found import ShownDep, own_search, record_results, results_of
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import ConsoleDep
from anpr.domain.errors import QueryTooLongError
from anpr.domain.transit import Transit
from anpr.store.gates import list_gates

router = APIRouter()
_MOST_PLATES = 5
"""Plates that are offered at once; the others unfold."""


@router.get("/{number}/map")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    shown: ShownDep,
    of: UUID | None = None,
) -> Response:
    """The map of a page of the visitor's own results; `of`: a transit of the plate that is meant, else the newest's."""
    found = own_search(console, visitor, number)
    try:
        with console.search_seats.seat(visitor.user.name):
            on_page = results_of(console, visitor, found, shown)
    except (QueryTooLongError, SearchesBusyError):  # the page of results says which, and what helps
        return RedirectResponse(f"/search/{number}{shown.address()}", status_code=303)
    shown = replace(shown, page=on_page.page)
    record_results(console, visitor, found, shown, on_page.rows, "search-map")
    transits = [row.transit for row in on_page.rows]
    with console.database.transaction() as conn:
        gates = {gate.id: gate for gate in list_gates(conn)}
    plate = _chosen(transits, of)
    return console.templates.response(
        "search/on_map.html",
        context,
        search=found,
        page=shown.page,
        shown=shown,
        stops=way_of([transit for transit in transits if transit.plate == plate], gates),
        plate=plate,
        country=next((transit.country for transit in transits if transit.plate == plate), None),
        plates=_plates(transits),
        most_plates=_MOST_PLATES,
        section="search",
    )


def _chosen(transits: Sequence[Transit], of: UUID | None) -> str:
    """The plate of that transit when it is on the page, else of the newest; empty when nothing was found."""
    meant = [transit.plate for transit in transits if transit.id == of]
    return (meant or [transit.plate for transit in transits] or [""])[0]


def _plates(transits: Sequence[Transit]) -> dict[str, UUID]:
    """Each plate of the page with its newest transit."""
    newest: dict[str, UUID] = {}
    for transit in transits:
        newest.setdefault(transit.plate, transit.id)
    return newest
