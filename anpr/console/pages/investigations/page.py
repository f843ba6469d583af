# SPDX-License-Identifier: AGPL-3.0-or-later
"""Investigations of the visitor in one list: those that go on and those that have ended; and the form of a new one."""

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of, record_view
from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import delivery, evidence, gathering, hold, life, members, one
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.case_reference import check_case
from anpr.domain.errors import InputError
from anpr.domain.investigation import MAX_AUTHORITY, MAX_REFERENCE, MAX_TITLE
from anpr.store.investigations.life import counts_of, list_investigations, open_investigation

router = APIRouter(prefix="/investigations")


class NewFields(BaseModel):
    """The form as it was sent."""

    reference: str = ""
    title: str = ""
    authority: str = ""


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """All of which the visitor is a member."""
    return _page(console, visitor, context, NewFields(), {})


@router.post("")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[NewFields, Form()]
) -> Response:
    """Open one; or the form again with what is wrong with it."""
    faults = _faults(fields)
    if not faults:
        by = author_of(console, visitor)
        try:
            with console.database.transaction() as conn:
                made = open_investigation(conn, fields.reference, fields.title, fields.authority, by)
        except InputError:
            faults["reference"] = FieldFault(key="investigations.taken")
        else:
            return RedirectResponse(f"/investigations/{made.id}?done=opened", status_code=303)
    return _page(console, visitor, context, fields, faults)


def _faults(fields: NewFields) -> dict[str, FieldFault]:
    faults: dict[str, FieldFault] = {}
    limits = {"reference": MAX_REFERENCE, "title": MAX_TITLE, "authority": MAX_AUTHORITY}
    for name, most in limits.items():
        refuse_odd(faults, name, [getattr(fields, name)], most)
    if not fields.title.strip():
        faults.setdefault("title", FieldFault(key="investigations.no_title"))
    try:
        check_case(fields.reference)
    except InputError:
        faults.setdefault("reference", FieldFault(key="investigations.no_reference"))
    return faults


def _page(
    console: Console, visitor: Visitor, context: PageContext, fields: NewFields, faults: dict[str, FieldFault]
) -> Response:
    record_view(console, visitor, "investigations")
    with console.database.transaction() as conn:
        found = list_investigations(conn)
        counts = counts_of(conn, [each.id for each in found])
    return console.templates.response(
        "investigations/investigations.html",
        context,
        status=400 if faults else 200,
        going=[each for each in found if each.ended_at is None],
        ended=[each for each in found if each.ended_at is not None],
        counts=counts,
        fields=fields,
        faults=faults,
    )


for _part in (one, members, gathering, life, hold, evidence, delivery):
    router.include_router(_part.router)

PAGE = Page(name="investigations", router=router, permissions=(Permission.INVESTIGATE,))
