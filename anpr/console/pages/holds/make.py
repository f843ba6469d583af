# SPDX-License-Identifier: AGPL-3.0-or-later
"""Making a hold: by a form, filled in from a search, from a transit or from a hold that has ended."""

from datetime import UTC, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, record_shown
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.holds.form import CheckedHold, HoldFields, check_hold_fields
from anpr.console.pages.holds.prefill import fields_of_hold, fields_of_plate, fields_of_search
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.hold import LONGEST, Hold
from anpr.domain.search_reason import plain_reason
from anpr.store.gates import gate_names, list_gates, owner_of_gate
from anpr.store.holds import add_hold
from anpr.store.transits.rows import StoredTransit, get_transit

router = APIRouter(dependencies=[Depends(allowed(Permission.HOLD_TRANSITS))])


@router.get("/new")
def new(  # noqa: PLR0913, PLR0917  one a way to come here
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    transit: UUID | None = None,
    plate_of: UUID | None = None,
    search: Annotated[Whole, Query()] = 0,
    again: Annotated[Whole, Query()] = 0,
) -> Response:
    """The form: for this transit alone, for the plate of one, for what a search of the visitor's own asked, for what
    another hold held, or empty. An address names no plate."""
    fields, hint = HoldFields(), None
    if transit is not None:
        fields = HoldFields(transit=str(transit))
    elif plate_of is not None:
        fields = fields_of_plate(_stored(console, plate_of).transit, console.settings.zone)
        record_shown(console, visitor, "holds", [plate_of])
    elif search:
        fields, hint = fields_of_search(console, visitor, search)
    elif again:
        fields = fields_of_hold(console, again)
    return _page(console, visitor, context, fields, hint=hint)


@router.post("/new")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[HoldFields, Form()]
) -> Response:
    """Keep it from now on; or the form again with what is wrong with it."""
    now = console.clock.now()
    checked = check_hold_fields(fields, console.settings.zone, now.astimezone(UTC).date())
    _check_owner(console, fields, checked)
    if checked.faults:
        return _page(console, visitor, context, fields, status=400, faults=checked.faults)
    hold = Hold(
        case_reference=fields.case.strip(),
        reason=plain_reason(fields.reason),
        author=visitor.user.name,
        made_at=now,
        **_what(console, fields, checked),
    )
    with console.database.transaction() as conn:
        number = add_hold(conn, hold)
    return RedirectResponse(f"/holds/{number}?done=made", status_code=303)


def _check_owner(console: Console, fields: HoldFields, checked: CheckedHold) -> None:
    """Only what passed one's own organisation's gates is kept past its day; the rest is its owner's to keep."""
    gate_id, name = fields.gate, "gate"
    if fields.transit:
        gate_id, name = _stored(console, _id_of(fields.transit)).transit.gate_id, "transit"
    with console.database.transaction() as conn:
        if name == "gate" and gate_id and gate_id not in gate_names(conn):
            checked.faults.setdefault(name, FieldFault(key="holds.no_gate"))
        elif gate_id and owner_of_gate(conn, gate_id) != console.scope.organisation_id:
            checked.faults.setdefault(name, FieldFault(key="holds.not_own_gate"))


def _what(console: Console, fields: HoldFields, checked: CheckedHold) -> dict[str, Any]:
    if fields.transit:
        transit = _stored(console, _id_of(fields.transit)).transit
        at = transit.captured_at
        end = at + timedelta(microseconds=1)
        return {"transit_id": transit.id, "since": at, "until": end, "ends_on": checked.ends_on}
    gate = fields.gate or None
    named = {"plate": checked.plate, "gate_id": gate, "since": checked.since, "until": checked.until}
    return {**named, "ends_on": checked.ends_on}


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise HTTPException(404) from None


def _stored(console: Console, transit_id: UUID) -> StoredTransit:
    """Raises HTTPException (404) when there is none (any more)."""
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit_id)
    if stored is None:
        raise HTTPException(404)
    return stored


def _page(
    console: Console, visitor: Visitor, context: PageContext, fields: HoldFields, *, status: int = 200, **values: Any
) -> Response:
    """The form; with the transit that it is for, which is recorded as shown."""
    transit = None
    if fields.transit:
        transit = _stored(console, _id_of(fields.transit)).transit
        record_shown(console, visitor, "holds", [transit.id])
    with console.database.transaction() as conn:
        gates = list_gates(conn)
    today = console.clock.now().astimezone(UTC).date()
    shown = {"faults": {}, "hint": None, **values}
    return console.templates.response(
        "holds/new.html",
        context,
        status=status,
        fields=fields,
        transit=transit,
        gates={gate.id: gate.name for gate in gates},
        own_gates=[gate.id for gate in gates if gate.organisation == console.scope.organisation_id],
        today=today,
        latest=today + LONGEST,
        **shown,
    )
