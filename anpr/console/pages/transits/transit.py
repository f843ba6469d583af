# SPDX-License-Identifier: AGPL-3.0-or-later
"""One transit: its images, how it was read, where and when, its alarms and where it was forwarded to."""

from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.alarm_card import FORM_VALUES
from anpr.console.forwarding.way import steps_of
from anpr.console.maps.gate_places import place_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.transits.opening import OpeningDep, consultation
from anpr.console.scene import scene_size
from anpr.console.search_reason import carried_reason
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.alarms.views import views_of_transit
from anpr.store.audit import AuditAction, append
from anpr.store.forwarding.pages import ways_of_transit
from anpr.store.gates import list_gates
from anpr.store.holds import holds_of
from anpr.store.investigations.life import list_open
from anpr.store.transits.rows import StoredTransit, get_transit
from anpr.store.transits.search_sql import SearchOrder

router = APIRouter()
_View = Literal["list", "table", "sheet"]


def _back(
    page: Annotated[int, Query(ge=1, lt=2**31)] = 1, order: SearchOrder = SearchOrder.NEWEST, view: _View = "list"
) -> str:
    """What follows the address of the results that the transit was opened from: the same page, order and view."""
    values = {"page": page, "order": order.value, "view": view}
    told = {name: value for name, value in values.items() if value not in {1, "newest", "list"}}
    return f"?{urlencode(told)}" if told else ""


BackDep = Annotated[str, Depends(_back)]


@router.get("/{transit_id}")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    transit_id: UUID,
    opened: OpeningDep,
    back: BackDep,
) -> Response:
    """The page; that somebody looked at it, and why, is recorded before it is shown.

    `opened` and `back`: the results or the alarm that it was opened from; the page leads back there.
    """
    stored = stored_transit(console, transit_id)
    event = consultation(console, visitor, stored.transit, opened, AuditAction.TRANSIT_VIEWED)
    with console.database.transaction() as conn:
        append(conn, event)
    results = f"/search/{opened.search}{back}" if opened.search else None
    sections = {"alarm": "/alarms", "search": "/search"}
    context = replace(context, section=sections.get(opened.via, context.section))
    return console.templates.response(
        "transits/transit.html",
        context,
        **_values(console, visitor, stored),
        **FORM_VALUES,
        results=results,
        via=opened.via,
        alarm_id=opened.alarm,
        image_query=f"?{opened.query}",
        here=f"/transits/{transit_id}?{urlencode({'via': opened.via, 'alarm': opened.alarm})}",
    )


def stored_transit(console: Console, transit_id: UUID) -> StoredTransit:
    """The transit. Raises HTTPException 404 when there is none (any more)."""
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    return stored


def _values(console: Console, visitor: Visitor, stored: StoredTransit) -> dict[str, Any]:
    transit = stored.transit
    with console.database.transaction() as conn:
        gates = {gate.id: gate for gate in list_gates(conn)}
        alarms = views_of_transit(conn, transit.id)
        ways = ways_of_transit(conn, transit.id)
        investigations = list_open(conn) if visitor.may(Permission.INVESTIGATE) else []
        holds = holds_of(conn, transit) if visitor.may(Permission.VIEW_HOLDS) else []
    gate = gates.get(transit.gate_id)
    return {
        "transit": transit,
        "received_at": stored.received_at,
        "signature": stored.signature,
        "gate_name": gate.name if gate else transit.gate_id,
        "place": place_of(gate, is_here=True) if gate else None,
        "alarms": alarms,
        "ways": [(way, steps_of(transit.captured_at, stored.received_at, way)) for way in ways],
        "holds": holds,
        "investigations": investigations,
        "working_for": carried_reason(console, visitor)["case"] if investigations else "",
        "roles": {image.role for image in transit.images},
        "context_size": scene_size(console, transit),
        "seen_s": (transit.last_seen - transit.first_seen).total_seconds(),
    }
