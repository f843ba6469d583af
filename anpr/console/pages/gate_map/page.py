# SPDX-License-Identifier: AGPL-3.0-or-later
"""Map of the gates with their present state and their open alarms, which refreshes itself; no plates.

The list beside it says the same in text, and the script draws what the list says.
"""

from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.maps.gate_places import gate_places
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.coverage_strip import Look

router = APIRouter(prefix="/map")

REFRESH_S = 15
"""As often as readers that fell silent are looked for."""
_KEPT = "private, max-age=3600"
"""Of parts of the archive: streets, and nobody's movements."""


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """The page."""
    return console.templates.response("gate_map/gate_map.html", context, **_values(console, visitor))


@router.get("/gates")
def gates(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """The list alone, for the refresh."""
    return console.templates.response("gate_map/gates.html", context, **_values(console, visitor))


@router.get("/town.pmtiles")
def archive(console: ConsoleDep) -> Response:
    """The site's archive of streets, or a part of it (RFC 9110, Range); 404 where it has none."""
    path = console.settings.console.map.pmtiles
    if path is None or not Path(path).is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type="application/vnd.pmtiles", headers={"Cache-Control": _KEPT})


def _values(console: Console, visitor: Visitor) -> dict[str, Any]:
    with console.database.transaction() as conn:
        places = gate_places(conn, with_alarms=visitor.may(Permission.VIEW_ALARMS))
    trouble = [Look.BLIND, Look.UNKNOWN, Look.PARTLY, Look.POOR, Look.LOOKED]
    places.sort(key=lambda place: (-(place.alarms or 0), trouble.index(place.now or Look.LOOKED)))
    return {
        "places": places,
        "unplaced": sum(not place.has_place for place in places),
        # One alarm counts at each gate that its vehicle passed: their sum is not the number of alarms.
        "alarms": console.alarms.tally().open if visitor.may(Permission.VIEW_ALARMS) else 0,
        "now": console.clock.now(),
        "refresh_s": REFRESH_S,
    }


PAGE = Page(name="gate_map", router=router, permissions=(Permission.VIEW_HEALTH,), is_in_menu=False)
