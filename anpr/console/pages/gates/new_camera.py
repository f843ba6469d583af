# SPDX-License-Identifier: AGPL-3.0-or-later
"""Form of a new camera of a gate, where the centre is the source of gates: the gate's next version, with a reason."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel, Field
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor
from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.edit_form import ID, MOST, bearing_of, check_camera, put_values
from anpr.console.pages.gates.managed import (
    Administrator,
    Conflict,
    edit_of,
    managed_or_404,
    reason_faults,
    refused_by,
    save,
)
from anpr.console.pages.gates.managed_form import ManagedForm
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.gate import CameraKind
from anpr.settings.planned import PlannedGate, as_json, read_definition
from anpr.store.gate_versions import CameraTakenError, OfOthersError

router = APIRouter(prefix="/{gate_id}/_camera")

GateId = Annotated[Line, Path(max_length=64)]
_TEXTS = ("id", "url", "secret", "lane", "bearing")


class CameraFields(BaseModel):
    """The form as it was sent, however odd."""

    id: str = ""
    kind: str = CameraKind.PLATE.value
    url: str = ""
    secret: str = ""
    lane: str = ""
    bearing: str = ""
    reason: str = ""
    based_on: Annotated[int, Field(ge=0, lt=2**31)] = 0


@router.get("")
def show(console: ConsoleDep, visitor: Administrator, context: ContextDep, gate_id: GateId) -> Response:
    """The empty form; 404 where the visitor may not change the gate."""
    version = managed_or_404(console, visitor, gate_id).version
    return _form(console, visitor, context, gate_id).response(CameraFields(based_on=version.version))


@router.post("")
def make(
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    gate_id: GateId,
    fields: Annotated[CameraFields, Form()],
) -> Response:
    """The gate with one camera more. Where somebody else has saved meanwhile, the form comes back as it was sent."""
    managed, form = managed_or_404(console, visitor, gate_id), _form(console, visitor, context, gate_id)
    gate, faults = added_camera(managed.version.gate, fields)
    faults |= reason_faults(fields.reason)
    if faults or gate is None:
        return form.response(fields, faults=faults)
    try:
        saved = save(console, gate, edit_of(console, visitor, fields.reason, fields.based_on))
    except CameraTakenError:
        return form.response(fields, faults={"id": FieldFault(key="gates.new_taken")})
    except OfOthersError as exc:
        others = FieldFault(key="gates.edit_of_others", values={"name": exc.name})
        place = "secret" if exc.camera else "definition"
        return form.response(fields, faults={place: others})
    except InputError as exc:
        refused = refused_by(exc)
        return form.response(fields, faults={"definition": refused})
    if isinstance(saved, Conflict):
        return form.response(fields, conflict=saved)
    return RedirectResponse(f"/gates/{gate_id}?saved={saved.version if saved else 0}", status_code=303)


def added_camera(gate: PlannedGate, fields: CameraFields) -> tuple[PlannedGate | None, dict[str, FieldFault]]:
    """The gate with the camera behind its others, or what is wrong, by field."""
    faults: dict[str, FieldFault] = {}
    for name in _TEXTS:
        refuse_odd(faults, name, [getattr(fields, name)], MOST)
    camera: dict[str, Any] = {"id": fields.id.strip()}
    put_values(camera, {name: getattr(fields, name).strip() for name in ("url", "secret", "lane")})
    put_values(camera, {"bearing_deg": bearing_of(faults, "bearing", fields.bearing)})
    if fields.kind == CameraKind.CONTEXT:
        camera["kind"] = fields.kind
    if not ID.fullmatch(camera["id"]):
        faults.setdefault("id", FieldFault(key="gates.edit_wrong_id"))
    elif any(each.id == camera["id"] for each in gate.cameras):
        faults["id"] = FieldFault(key="gates.new_taken")
    else:
        check_camera(gate.id, camera, "", faults)
    if faults:
        return None, faults
    definition = as_json(gate)
    return read_definition({**definition, "cameras": [*definition.get("cameras", ()), camera]}, gate.id), {}


def _form(console: Console, visitor: Visitor, context: PageContext, gate_id: str) -> ManagedForm:
    return ManagedForm(
        template="gates/new_camera.html",
        console=console,
        visitor=visitor,
        context=context,
        gate_id=gate_id,
        values={"kinds": list(CameraKind)},
    )
