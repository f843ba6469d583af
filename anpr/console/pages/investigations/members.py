# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who works on an investigation: adding and removing members."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.state import ConsoleDep
from anpr.domain.errors import InputError
from anpr.store.investigations.life import InvestigationEndedError, add_member, remove_member

router = APIRouter()
Name = Annotated[Line, Form(max_length=64)]


@router.post("/{number}/members")
def add(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, name: Name = "") -> Response:
    """A colleague who may search works on it from now on."""
    one.investigation_of(console, number)
    try:
        with console.database.transaction() as conn:
            add_member(conn, number, name.strip().lower(), author_of(console, visitor))
    except InvestigationEndedError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)})
    except InputError:
        fault = FieldFault(key="investigations.no_member")
        return one.page(console, visitor, context, number, faults={"name": fault}, fields={"name": name})
    return one.done(number, "member-added", "#members")


@router.post("/{number}/members/remove")
def remove(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, name: Name = ""
) -> Response:
    """They see it no more; whoever removes themselves is led to the list."""
    one.investigation_of(console, number)
    try:
        with console.database.transaction() as conn:
            remove_member(conn, number, name, author_of(console, visitor))
    except InputError as exc:
        ended = isinstance(exc, InvestigationEndedError)
        fault = one.fault_of(exc) if ended else FieldFault(key="investigations.last_member")
        return one.page(console, visitor, context, number, faults={"page": fault})
    if name == visitor.user.name:
        return RedirectResponse("/investigations", status_code=303)
    return one.done(number, "member-removed", "#members")
