# SPDX-License-Identifier: AGPL-3.0-or-later
"""One hold of all marked transits that none keeps yet: marking by itself keeps nothing past its day."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.hold import LONGEST, Hold
from anpr.domain.local_time import read_day
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.gates import owner_of_gate
from anpr.store.held import held_among
from anpr.store.holds import hold_all
from anpr.store.investigations.gathered import list_marked
from anpr.store.transits.rows import get_transit

router = APIRouter()


@router.post("/{number}/hold")
def keep(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    hold_reason: Annotated[str, Form(max_length=2000)] = "",
    ends_on: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Keep all marked transits of the organisation's own gates until this day; others are their owners' to keep."""
    investigation, now = one.investigation_of(console, number), console.clock.now()
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "hold_reason", hold_reason)
    refuse_odd(faults, "hold_reason", [hold_reason], MAX_REASON)
    last = _last_day(faults, ends_on, now)
    if faults or last is None:
        fields = {"hold_reason": hold_reason, "ends_on": ends_on}
        return one.page(console, visitor, context, number, faults=faults, fields=fields)
    made = Hold(
        case_reference=investigation.reference,
        reason=plain_reason(hold_reason),
        author=visitor.user.name,
        made_at=now,
        since=now,
        until=now,
        ends_on=last,
    )
    with console.database.transaction() as conn:
        if due := _due(console, conn, number):
            hold_all(conn, due, made)
    return one.done(number, "held", "#marked")


def _due(console: Console, conn: Connection, number: int) -> list[Transit]:
    found = [stored.transit for mark in list_marked(conn, number) if (stored := get_transit(conn, mark.transit_id))]
    held = held_among(conn, found)
    gates = {transit.gate_id for transit in found}
    own = {gate for gate in gates if owner_of_gate(conn, gate) == console.scope.organisation_id}
    return [transit for transit in found if transit.id not in held and transit.gate_id in own]


def _last_day(faults: dict[str, FieldFault], text: str, now: datetime) -> date | None:
    today = now.astimezone(UTC).date()
    try:
        day = read_day("ends_on", text)
    except InputError:
        faults["ends_on"] = FieldFault(key="holds.no_day")
        return None
    if day < today:
        faults["ends_on"] = FieldFault(key="holds.past_day")
    elif day > today + LONGEST:
        faults["ends_on"] = FieldFault(key="holds.far_day", values={"day": f"{today + LONGEST:%d/%m/%Y}"})
    return day
