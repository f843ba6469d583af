# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map on which an area is drawn, as a part of the search form that is fetched when it is unfolded."""

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.maps.gate_places import place_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.search.area_gates import open_gates
from anpr.console.state import ConsoleDep

router = APIRouter()


@router.get("/area/gates")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """The map with the gates that the visitor may search."""
    with console.database.transaction() as conn:
        places = [place_of(gate) for gate in open_gates(conn)]
    placed = [place for place in places if place.has_place]
    unplaced = len(places) - len(placed)
    return console.templates.response("search/area_map.html", context, places=placed, unplaced=unplaced)
