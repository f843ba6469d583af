# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data subject requests in one list, with their terms, and the form that registers another."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.field_faults import Faults, FieldFault, read_plate, refuse_odd
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import data, erase, export, one, settle
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.subject_request import RequestKind, SubjectRequest
from anpr.store.requests.register import add_request, list_requests

router = APIRouter(prefix="/requests")

_MOST = {"plate": 40, "reference": 100, "received_on": 40, "kind": 20}


class RequestFields(BaseModel):
    """The form as it was sent, however odd."""

    kind: str = RequestKind.ACCESS.value
    plate: str = ""
    reference: str = ""
    received_on: str = ""


@router.get("")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """All of them, the open ones first."""
    today = console.scope.day
    return _page(console, context, RequestFields(received_on=today.isoformat()))


@router.post("/new")
def register(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[RequestFields, Form()]
) -> Response:
    """Register it, and lead to its page; or the form again with what is wrong with it."""
    faults: dict[str, FieldFault] = {}
    for name, most in _MOST.items():
        refuse_odd(faults, name, [getattr(fields, name)], most)
    checked = None if faults else _checked(console, faults, fields)
    if checked is None:
        return _page(console, context, fields, status=400, faults=faults)
    plate, received_on, kind = checked
    request = SubjectRequest(
        kind=kind,
        plate=plate,
        reference=fields.reference.strip(),
        received_on=received_on,
        registered_by=visitor.user.name,
        registered_at=console.clock.now(),
    )
    with console.database.transaction() as conn:
        number = add_request(conn, request)
    return RedirectResponse(f"/requests/{number}?done=registered", status_code=303)


def _checked(console: Console, faults: Faults, fields: RequestFields) -> tuple[str, date, RequestKind] | None:
    """Plate, day and kind; None when something is wrong with them."""
    if not fields.plate.strip():
        faults["plate"] = FieldFault(key="requests.no_plate")
    plate = read_plate(faults, "plate", fields.plate)
    if not fields.reference.strip():
        faults["reference"] = FieldFault(key="requests.no_reference")
    received_on = _day(faults, fields.received_on, console.scope.day)
    if fields.kind not in list(RequestKind):
        faults["kind"] = FieldFault(key="requests.no_kind")
    if faults or plate is None or received_on is None:
        return None
    return plate, received_on, RequestKind(fields.kind)


def _day(faults: Faults, text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        faults["received_on"] = FieldFault(key="requests.no_day")
        return None
    if not date(2018, 6, 8) <= day <= today:  # the decree is in force since then
        faults["received_on"] = FieldFault(key="requests.wrong_day")
    return day


def _page(
    console: Console, context: PageContext, fields: RequestFields, *, status: int = 200, **values: Any
) -> Response:
    with console.database.transaction() as conn:
        requests = list_requests(conn)
    shown = {"faults": {}, **values}
    return console.templates.response(
        "requests/requests.html",
        context,
        status=status,
        fields=fields,
        kinds=list(RequestKind),
        open=[request for request in requests if request.outcome is None],
        closed=[request for request in requests if request.outcome is not None],
        today=console.scope.day,
        **shown,
    )


for part in (one, data, export, erase, settle):
    router.include_router(part.router)

PAGE = Page(name="requests", router=router, permissions=(Permission.HANDLE_REQUESTS,))
