# SPDX-License-Identifier: AGPL-3.0-or-later
"""A destination of alarms: how it stands, what its owner did not take, and sending that again. No plate is shown."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import author_of
from anpr.console.fields import Line, Whole
from anpr.console.forwarding.alarm_state import AlarmDestinationState, alarm_destination_states
from anpr.console.page_context import ContextDep
from anpr.console.pages.forwarding.resending import MAX_REASON, ResenderDep, reason_fault
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.forward.alarms.requeue import requeue_messages
from anpr.store.forwarding.alarm_pages import untaken_messages
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/{destination}/alarms")
ROWS = 100


def _state(console: ConsoleDep, destination: Line) -> AlarmDestinationState:
    found = next((each for each in alarm_destination_states(console) if each.settings.id == destination), None)
    if found is None:
        raise HTTPException(404)
    return found


_StateDep = Annotated[AlarmDestinationState, Depends(_state)]


@router.get("")
def show(
    console: ConsoleDep, context: ContextDep, state: _StateDep, requeued: Annotated[Whole, Query()] = 0
) -> Response:
    """The destination. `requeued`: how many were queued again just now."""
    return _page(console, context, state, requeued=requeued)


@router.post("/requeue")
def send_again(
    console: ConsoleDep,
    visitor: ResenderDep,
    context: ContextDep,
    state: _StateDep,
    reason: Annotated[Line, Form()] = "",
) -> Response:
    """Queue what was rejected or given up again, under a reason; the audit has it in the same transaction."""
    if fault := reason_fault(reason):
        return _page(console, context, state, fault=fault, why=reason[:MAX_REASON])
    author = author_of(console, visitor)
    with console.database.transaction() as conn:
        count = requeue_messages(conn, state.settings.id, author.name, reason.strip(), author.at)
    address = f"/forwarding/{state.settings.id}/alarms?{urlencode({'requeued': count})}"
    return RedirectResponse(address, status_code=303)


def _page(console: Console, context: PageContext, state: AlarmDestinationState, **told: object) -> Response:
    with console.database.transaction() as conn:
        rows = untaken_messages(conn, state.settings.id, ROWS + 1)
        organisations, lists = organisation_names(conn), watchlist_names(conn)
    return console.templates.response(
        "forwarding/alarms.html",
        replace(context, section="/status"),
        status=400 if told.get("fault") else 200,
        **{"fault": "", "why": "", "requeued": 0, **told},
        state=state,
        rows=rows[:ROWS],
        has_more=len(rows) > ROWS,
        organisations=organisations,
        lists=lists,
        max_reason=MAX_REASON,
    )
