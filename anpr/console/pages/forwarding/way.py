# SPDX-License-Identifier: AGPL-3.0-or-later
"""One transit's way to a destination, without its plate; that somebody looked at it is recorded before it is shown."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.forwarding.way import steps_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.destination import DestinationDep
from anpr.console.state import ConsoleDep
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.forwarding.pages import ways_of_transit
from anpr.store.gates import gate_names
from anpr.store.transits.rows import get_transit

router = APIRouter(prefix="/{destination}/transits")


@router.get("/{transit_id}")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, destination: DestinationDep, transit_id: UUID
) -> Response:
    """Its way; also after the transit itself has left the database."""
    with console.database.transaction() as conn:
        ways = ways_of_transit(conn, transit_id, destination.id)
        if not ways:
            raise HTTPException(404)
        stored, names = get_transit(conn, transit_id), gate_names(conn)
        detail = {"transit": str(transit_id), "via": "forwarding"}
        at = console.clock.now()
        append(conn, AuditEvent(actor=visitor.user.name, action=AuditAction.TRANSIT_VIEWED, at=at, detail=detail))
    received = stored.received_at if stored else None
    return console.templates.response(
        "forwarding/way.html",
        replace(context, section="/status"),
        destination=destination,
        transit_id=transit_id,
        transit=stored.transit if stored else None,
        way=ways[0],
        steps=steps_of(ways[0].delivery.captured_at, received, ways[0]),
        names=names,
    )
