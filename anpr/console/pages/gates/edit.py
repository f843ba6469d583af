# SPDX-License-Identifier: AGPL-3.0-or-later
"""Form of one gate and its cameras, where the centre is the source of gates; each change is a version with a reason."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.maps.gate_places import place_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.edit_form import GateFields, changed_gate
from anpr.console.pages.gates.managed import (
    Administrator,
    Conflict,
    edit_of,
    managed_or_404,
    reader_faults,
    reason_faults,
    refused_by,
    save,
)
from anpr.console.pages.gates.managed_form import ManagedForm
from anpr.console.pages.gates.rows import purpose_names
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.store.gate_versions import CameraTakenError, OfOthersError, moved_cameras
from anpr.store.gates import list_gates

router = APIRouter(prefix="/{gate_id}/edit")

GateId = Annotated[Line, Path(max_length=64)]


@router.get("")
def show(console: ConsoleDep, visitor: Administrator, context: ContextDep, gate_id: GateId) -> Response:
    """The form; 404 where the visitor may not change the gate."""
    version = managed_or_404(console, visitor, gate_id).version
    return _form(console, visitor, context, gate_id).response(GateFields.of(version.gate, version.version))


@router.post("")
def change(
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    gate_id: GateId,
    fields: Annotated[GateFields, Form()],
) -> Response:
    """Save it as a new version. Where somebody else has saved meanwhile, the form comes back as it was sent."""
    managed, form = managed_or_404(console, visitor, gate_id), _form(console, visitor, context, gate_id)
    gate, faults = changed_gate(managed.version.gate, fields)
    faults |= reason_faults(fields.reason)
    faults |= reader_faults(console, managed.version.gate, gate, is_confirmed=fields.new_reader)
    if faults or gate is None:
        return form.response(fields, faults=faults)
    try:
        saved = save(console, gate, edit_of(console, visitor, fields.reason, fields.based_on))
    except OfOthersError as exc:
        place = f"secret-{fields.camera.index(exc.camera)}" if exc.camera else "reader"
        others = {place: FieldFault(key="gates.edit_of_others", values={"name": exc.name})}
        return form.response(fields, faults=others)
    except CameraTakenError:
        return form.response(fields, faults={"cameras": FieldFault(key="gates.new_taken")})
    except InputError as exc:
        refused = {"definition": refused_by(exc)}
        return form.response(fields, faults=refused)
    if isinstance(saved, Conflict):
        return form.response(fields, conflict=saved)
    moved = "&moved=true" if saved and moved_cameras(managed.version.gate, gate) else ""
    return RedirectResponse(f"/gates/{gate_id}?saved={saved.version if saved else 0}{moved}", status_code=303)


def _form(console: Console, visitor: Visitor, context: PageContext, gate_id: str) -> ManagedForm:
    with console.database.transaction() as conn:
        places = [place_of(gate, is_here=gate.id == gate_id) for gate in list_gates(conn)]
    values = {"purposes": purpose_names(console), "places": places}
    return ManagedForm(
        template="gates/edit.html", console=console, visitor=visitor, context=context, gate_id=gate_id, values=values
    )
