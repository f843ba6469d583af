# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wall: the board for a second monitor, looked at from afar: the newest urgent alarms, a clock, gates and lamps."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.alarm_card import transits_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms.choice import Asked, AskedDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.coverage import blind_gates, looks_now
from anpr.domain.coverage_strip import Look
from anpr.domain.watchlist import Priority
from anpr.store.gates import list_gates
from anpr.store.health.intervals import open_intervals

router = APIRouter()
MOST = 6
"""As many as can be read from across a room."""
_LAMPS = 60
_URGENCY = (Look.BLIND, Look.PARTLY, Look.UNKNOWN, Look.POOR, Look.LOOKED)


@router.get("/wall/alarms")
def show_alarms(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, which: AskedDep) -> Response:
    """The alarms of the wall alone, asked for after each change."""
    return console.templates.response("alarms/wall_alarms.html", context, **_alarms(console, visitor, which))


@router.get("/wall/lamps")
def show_lamps(console: ConsoleDep, context: ContextDep) -> Response:
    """The gates with their lamps alone."""
    return console.templates.response("alarms/lamps.html", context, **_lamps(console))


def show_wall(console: Console, visitor: Visitor, context: PageContext, which: Asked) -> Response:
    """The whole page."""
    newest_id = console.alarms.newest_id()
    return console.templates.response(
        "alarms/wall.html",
        context,
        **_alarms(console, visitor, which),
        **_lamps(console),
        tally=console.alarms.tally(),
        priorities=list(Priority),
        which=which,
        last_id=newest_id,
    )


def _alarms(console: Console, visitor: Visitor, which: Asked) -> dict[str, Any]:
    """The first of the board's order. What is shown is recorded."""
    views = console.alarms.board(which=which.filter)[:MOST]
    record_shown(console, visitor, "alarm-wall", transits_of(views))
    return {"views": views}


def _lamps(console: Console) -> dict[str, Any]:
    """A lamp is green for a gate that is known to look, and for no other."""
    with console.database.transaction() as conn:
        gates, present = list_gates(conn), open_intervals(conn)
    looks = looks_now(gates, present)
    since = {one.gate.id: one.since for one in blind_gates(present, gates, console.clock.now())}
    # Those that do not look are shown in any case.
    gates.sort(key=lambda gate: _URGENCY.index(looks[gate.id]))
    return {"gates": gates[:_LAMPS], "more_gates": len(gates[_LAMPS:]), "looks": looks, "blind_since": since}
