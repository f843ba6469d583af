# SPDX-License-Identifier: AGPL-3.0-or-later
"""One gate: what it is for, its cameras, its last 24 hours, and, on demand and recorded, its newest image."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.coverage import coverage_gaps
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.hours import hours_of
from anpr.console.pages.gates.managed import managed_gate
from anpr.console.pages.gates.rows import SHOWN, GateRow, ListedGate, gate_rows, listed_gates, purpose_names
from anpr.console.pages.gates.sketch import sketch_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.last_day import WARNED_BEFORE
from anpr.domain.organisation import Action
from anpr.domain.transit import ImageRole
from anpr.store.organisations.rights import may_at_gate
from anpr.store.transits.gate_activity import SURE, read_certainty, transits_per_hour
from anpr.store.transits.rows import StoredTransit, latest_transits

router = APIRouter()

_NEWEST = 20
"""Transits among which one with a scene is sought."""


@router.get("/{gate_id}")
def show(  # noqa: PLR0913, PLR0917  what an address says
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    gate_id: Annotated[Line, Path(max_length=64)],
    picture: Annotated[bool, Query()] = False,
    saved: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
    moved: Annotated[bool, Query()] = False,
) -> Response:
    """The page; 404 for a gate that is not in the settings. `picture` shows the newest image to those who may view
    transits, and records it."""
    at = console.clock.now()
    row, gates = _row(console, gate_id, at)
    with console.database.transaction() as conn:
        counts = transits_per_hour(conn, gate_id, at - SHOWN, at)
        certainty = read_certainty(conn, gate_id, at - SHOWN, at)
    return console.templates.response(
        "gates/gate.html",
        context,
        row=row,
        sketch=sketch_of(gates, gate_id),
        hours=hours_of(counts, row.strip, at - SHOWN, at),
        certainty=certainty,
        sure=SURE,
        purposes=purpose_names(console),
        gaps=coverage_gaps(console, at - SHOWN, None, (gate_id,)),
        gate_names={gate_id: row.gate.name},
        newest=_newest(console, visitor, gate_id, at) if picture else None,
        is_asked=picture,
        managed=managed_gate(console, visitor, gate_id),
        from_centre=console.settings.gates_from_centre,
        saved=saved,
        moved=moved,
        now=at,
        warn_days=WARNED_BEFORE.days,
    )


def _row(console: Console, gate_id: str, at: datetime) -> tuple[GateRow, list[ListedGate]]:
    """The gate, and all of them. Raises HTTPException 404."""
    with console.database.transaction() as conn:
        gates, present = listed_gates(conn, at.astimezone(console.settings.zone).date())
        own = [each for each in gates if each.gate.id == gate_id]
        if not own:
            raise HTTPException(404)
        return gate_rows(conn, own, present, at)[0], gates


def _newest(console: Console, visitor: Visitor, gate_id: str, at: datetime) -> StoredTransit | None:
    """The newest transit of the last 24 hours with an image of the scene, for those who may see it; it is recorded
    before it is shown."""
    if not visitor.may(Permission.VIEW_TRANSITS):
        return None
    with console.database.transaction() as conn:
        if not may_at_gate(conn, Action.PICTURES, gate_id):
            return None
        newest = latest_transits(conn, _NEWEST, [gate_id])
    for stored in newest:
        has_scene = any(image.role is ImageRole.CONTEXT for image in stored.transit.images)
        if has_scene and at - stored.transit.captured_at <= SHOWN:
            record_shown(console, visitor, "gates", [stored.transit.id], gate=gate_id)
            return stored
    return None
