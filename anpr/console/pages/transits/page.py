# SPDX-License-Identifier: AGPL-3.0-or-later
"""The latest transits, refreshed while somebody looks at them."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.transits import images, transit
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.gates import gate_names
from anpr.store.organisations.rights import is_shared, searchable_gates
from anpr.store.transits.rows import StoredTransit, latest_transits

router = APIRouter(prefix="/transits")

ROWS = 40
GateChoice = Annotated[Line, Query(max_length=64)]
Have = Annotated[Sequence[UUID], Query(max_length=4 * ROWS)]
"""The transits on the page."""


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, gate: GateChoice = "") -> Response:
    """The page."""
    values = _values(console, gate)
    _record(console, visitor, values["found"], gate)
    return console.templates.response("transits/transits.html", context, **values)


@router.get("/rows")
def rows(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, gate: GateChoice = "", have: Have = ()
) -> Response:
    """Only those of the latest transits that the page does not have yet; 204 when there are none.

    By identity and not by time: after an outage a transit arrives later than one that was captured after it.
    """
    values = _values(console, gate)
    known = frozenset(have)
    values["found"] = [stored for stored in values["found"] if stored.transit.id not in known]
    _record(console, visitor, values["found"], gate)
    if not values["found"]:
        return Response(status_code=204)
    return console.templates.response("transit_items.html", context, **values)


def _record(console: Console, visitor: Visitor, found: Sequence[StoredTransit], gate: str) -> None:
    record_shown(console, visitor, "latest", [stored.transit.id for stored in found], gate=gate or None)


def _values(console: Console, gate: str) -> dict[str, Any]:
    with console.database.transaction() as conn:
        names = gate_names(conn)
        is_open = searchable_gates(conn)
        gates = {each: name for each, name in names.items() if each in is_open}
        # By gate where others have gates too: the newest transits of all may be theirs for days on end.
        shown = [gate] if gate else list(gates) if is_shared(conn) else None
        found = latest_transits(conn, ROWS, shown)
    return {
        "found": found, "gates": gates, "gate": gate, "via": "latest", "link_query": "", "section": "transits",
        "most": ROWS,
    }  # fmt: skip


router.include_router(transit.router)
router.include_router(images.router)

PAGE = Page(name="transits", router=router, permissions=(Permission.VIEW_TRANSITS,))
