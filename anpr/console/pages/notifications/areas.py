# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas of gates: a new one, its change, deleted after a question and only where nothing names it."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of
from anpr.console.field_faults import Faults, FieldFault, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.store.gate_areas import (
    AreaTakenError,
    AreaUsedError,
    GateArea,
    add_area,
    change_area,
    delete_area,
    get_area,
    users_of_area,
)
from anpr.store.gates import gate_names

router = APIRouter(prefix="/areas")
Number = Annotated[int, Path(ge=1, lt=2**63)]
MOST_NAME = 100


class AreaFields(BaseModel):
    """The form as it was sent."""

    name: str = Field(default="", max_length=2000)
    gates: list[str] = Field(default_factory=list, max_length=2000)


@router.get("/new")
def ask_new(console: ConsoleDep, context: ContextDep) -> Response:
    """The form of a new area."""
    return _page(console, context, None, AreaFields())


@router.post("/new")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[AreaFields, Form()]
) -> Response:
    """Rules and patrols may name it from now on."""
    return _save(console, visitor, context, None, fields)


@router.get("/{number}")
def ask_change(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """The form with what is stored."""
    area = _one(console, number)
    return _page(console, context, area, AreaFields(name=area.name, gates=list(area.gates)))


@router.post("/{number}")
def change(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number, fields: Annotated[AreaFields, Form()]
) -> Response:
    """Rules and patrols that name it go by the new gates at once."""
    return _save(console, visitor, context, _one(console, number), fields)


@router.get("/{number}/delete")
def ask_delete(console: ConsoleDep, context: ContextDep, number: Number) -> Response:
    """Asks before it is deleted, or says what still names it."""
    return _delete_page(console, context, _one(console, number))


@router.post("/{number}/delete")
def delete(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number) -> Response:
    """400 while rules or patrols name it."""
    area = _one(console, number)
    try:
        with console.database.transaction() as conn:
            delete_area(conn, number, author_of(console, visitor))
    except AreaUsedError:
        return _delete_page(console, context, area, status=400)
    return RedirectResponse("/notifications?done=area-deleted", status_code=303)


def _delete_page(console: Console, context: PageContext, area: GateArea, *, status: int = 200) -> Response:
    with console.database.transaction() as conn:
        used_by = users_of_area(conn, area.id)
    return console.templates.response(
        "notifications/delete.html",
        context,
        status=status,
        kind="area",
        number=area.id,
        name=area.name,
        used_by=used_by,
        is_kept=bool(used_by),
    )


def _save(
    console: Console, visitor: Visitor, context: PageContext, before: GateArea | None, fields: AreaFields
) -> Response:
    with console.database.transaction() as conn:
        known = {*gate_names(conn), *(before.gates if before else ())}
    area, faults = _checked(fields, before.id if before else 0, known)
    if faults:
        return _page(console, context, before, fields, faults)
    try:
        with console.database.transaction() as conn:
            (add_area if before is None else change_area)(conn, area, author_of(console, visitor))
    except AreaTakenError:
        return _page(console, context, before, fields, {"name": FieldFault(key="notifications.area_taken")})
    return RedirectResponse("/notifications?done=area-saved", status_code=303)


def _checked(fields: AreaFields, number: int, known: set[str]) -> tuple[GateArea, Faults]:
    faults: Faults = {}
    name = " ".join(fields.name.split())
    if not name:
        faults["name"] = FieldFault(key="notifications.no_name")
    refuse_odd(faults, "name", [fields.name], MOST_NAME)
    if not fields.gates:
        faults["gates"] = FieldFault(key="notifications.no_area_gates")
    elif not set(fields.gates) <= known:
        faults["gates"] = FieldFault(key="notifications.unknown_choice")
    return GateArea(id=number, name=name, gates=tuple(fields.gates)), faults


def _page(
    console: Console,
    context: PageContext,
    area: GateArea | None,
    fields: AreaFields,
    faults: Faults | None = None,
) -> Response:
    with console.database.transaction() as conn:
        gates = gate_names(conn)
    return console.templates.response(
        "notifications/area.html",
        context,
        status=400 if faults else 200,
        number=area.id if area else None,
        fields=fields,
        faults=faults or {},
        gates=gates,
        gone=sorted(set(area.gates) - set(gates)) if area else [],
    )


def _one(console: Console, number: int) -> GateArea:
    try:
        with console.database.transaction() as conn:
            return get_area(conn, number)
    except InputError as exc:
        raise HTTPException(404) from exc
