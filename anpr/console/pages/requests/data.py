# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored about the plate of an open request. Each session's look is in the audit, with the request's number."""

from dataclasses import replace
from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_once
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import one
from anpr.console.state import ConsoleDep
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.gates import gate_names
from anpr.store.requests.subject_data import subject_data

router = APIRouter()
Fault = Literal["too_large"]


@router.get("/{number}/data")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, fault: Fault | None = None
) -> Response:
    """The page, and what was wrong with an export."""
    found = one.open_plate_of(console, number)
    if found is None:
        return one.closed(number)
    request, plate = found
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.REQUEST_FOUND,
        at=console.clock.now(),
        case_reference=request.reference,
        detail={"request": number},
    )
    with console.search_database.transaction() as conn:
        data, gates = subject_data(conn, number, plate), gate_names(conn)
    found_counts = {"transits": len(data.transits), "alarms": len(data.alarms)}
    event = replace(event, detail={**event.detail, "counts": found_counts})
    record_once(console, visitor, f"request {number} {sorted(found_counts.items())}", event)
    return console.templates.response(
        "requests/data.html", context, request=request, data=data, gates=gates, fault=fault
    )
