# SPDX-License-Identifier: AGPL-3.0-or-later
"""Form of a new gate, where the centre is the source of gates: its first version, with a reason. Cameras follow.

The organisation that runs the system makes gates, and gives them to others (`anpr organisation own`): what an unknown
gate has sent already is its own alone, and another organisation must not come to it by an id.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.maps.gate_places import place_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.edit_form import ID, MOST, GateFields, changed_gate
from anpr.console.pages.gates.managed import Administrator, edit_of, reader_faults, reason_faults, refused_by
from anpr.console.pages.gates.rows import purpose_names
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.settings.planned import PlannedGate
from anpr.store.gate_versions import ChangedMeanwhileError, GateTakenError, save_version
from anpr.store.gates import list_gates

router = APIRouter(prefix="/_new")


class NewGateFields(GateFields):
    """The form as it was sent."""

    id: str = ""


def may_make_gates(console: Console, visitor: Visitor) -> bool:
    """Whether the visitor may: by role, by organisation, and because the centre is the source of gates."""
    is_of_manager = visitor.user.organisation_id == MANAGER
    return console.settings.gates_from_centre and is_of_manager and visitor.may(Permission.MANAGE_GATES)


@router.get("")
def show(console: ConsoleDep, visitor: Administrator, context: ContextDep) -> Response:
    """The empty form; 404 where the visitor may not make gates here."""
    return _page(console, visitor, context, NewGateFields(), {})


@router.post("")
def make(
    console: ConsoleDep, visitor: Administrator, context: ContextDep, fields: Annotated[NewGateFields, Form()]
) -> Response:
    """Version 1 of the gate."""
    _check_visitor(console, visitor)
    gate, faults = _checked(fields)
    faults |= reason_faults(fields.reason) | reader_faults(console, None, gate, is_confirmed=fields.new_reader)
    if faults or gate is None:
        return _page(console, visitor, context, fields, faults)
    try:
        with console.database.transaction() as conn:
            if any(each.id == gate.id for each in list_gates(conn)):
                raise GateTakenError(f"gate {gate.id}: there is one with this id")
            save_version(conn, gate, edit_of(console, visitor, fields.reason, 0))
    except (ChangedMeanwhileError, GateTakenError):
        return _page(console, visitor, context, fields, {"id": FieldFault(key="gates.new_taken")})
    except InputError as exc:
        refused = {"definition": refused_by(exc)}
        return _page(console, visitor, context, fields, refused)
    return RedirectResponse(f"/gates/{gate.id}?saved=1", status_code=303)


def _checked(fields: NewGateFields) -> tuple[PlannedGate | None, dict[str, FieldFault]]:
    gate_id = fields.id.strip()
    wrong = {} if ID.fullmatch(gate_id) else {"id": FieldFault(key="gates.edit_wrong_id")}
    draft = PlannedGate(id="x" if wrong else gate_id, name="x", purpose="x", legal_basis="x")
    without_cameras: dict[str, list[str]] = {name: [] for name in ("camera", "url", "secret", "lane", "bearing")}
    gate, faults = changed_gate(draft, fields.model_copy(update=without_cameras))
    return (None if wrong else gate), wrong | faults


def _page(
    console: Console, visitor: Visitor, context: PageContext, fields: NewGateFields, faults: dict[str, FieldFault]
) -> Response:
    _check_visitor(console, visitor)
    with console.database.transaction() as conn:
        places = [place_of(gate) for gate in list_gates(conn)]
    return console.templates.response(
        "gates/new_gate.html",
        context,
        status=400 if faults else 200,
        fields=fields,
        faults=faults,
        purposes=purpose_names(console),
        places=places,
        most=MOST,
    )


def _check_visitor(console: Console, visitor: Visitor) -> None:
    """Raises HTTPException 404."""
    if not may_make_gates(console, visitor):
        raise HTTPException(404)
