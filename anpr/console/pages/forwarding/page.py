# SPDX-License-Identifier: AGPL-3.0-or-later
"""Destinations of forwarding: all of them, and one with its month, reasons, runs and what was queued again."""

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.completeness_state import completeness_state
from anpr.console.forwarding.alarm_state import alarm_destination_states
from anpr.console.forwarding.bars import ORDER, month_bars
from anpr.console.forwarding.state import DAYS, DestinationState, destination_states, first_day, own_destinations
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding import alarms, days, profile, requeues, runs, way
from anpr.console.pages.forwarding.destination import DestinationDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.organisation import MANAGER
from anpr.forward.schedule import local_day
from anpr.store.forwarding.counts import count_reasons
from anpr.store.forwarding.pages import some_runs
from anpr.store.forwarding.requeues import list_requeues
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.places import looked_places

router = APIRouter(prefix="/forwarding")
_RUNS = 10


@router.get("")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """A card for each destination."""
    states = destination_states(console, own_destinations(console))
    with console.database.transaction() as conn:
        names, places = organisation_names(conn), looked_places(conn)
    return console.templates.response(
        "forwarding/forwarding.html",
        replace(context, section="/status"),
        states=[(state, _bars(console, state)) for state in states],
        organisations=names,
        alarm_states=alarm_destination_states(console),
        places=places,
        completeness=completeness_state(console),
        now=console.clock.now(),
        has_figures=console.scope.organisation_id == MANAGER,
        manager=MANAGER,
        order=ORDER,
    )


@router.get("/{destination}")
def one(console: ConsoleDep, context: ContextDep, destination: DestinationDep) -> Response:
    """One destination."""
    (state,) = destination_states(console, [destination])
    today = local_day(console.clock.now(), console.settings.zone)
    with console.database.transaction() as conn:
        names = organisation_names(conn)
        reasons = count_reasons(conn, destination.id, first_day(today), today)
        newest = some_runs(conn, destination.id, _RUNS)
        requeued = list_requeues(conn, destination.id, first_day(today), today)
    return console.templates.response(
        "forwarding/destination.html",
        replace(context, section="/status"),
        state=state,
        bars=_bars(console, state),
        now=console.clock.now(),
        organisations=names,
        reasons=reasons,
        runs=newest,
        requeues=requeued,
        has_figures=console.scope.organisation_id == MANAGER,
        manager=MANAGER,
        order=ORDER,
    )


def _bars(console: Console, state: DestinationState) -> object:
    return month_bars(state.days, first_day(local_day(console.clock.now(), console.settings.zone)), DAYS)


for part in (alarms, days, requeues, profile, runs, way):
    router.include_router(part.router)

PAGE = Page(name="forwarding", router=router, permissions=(Permission.VIEW_FORWARDING,), is_in_menu=False)
