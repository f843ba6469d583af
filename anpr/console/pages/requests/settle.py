# SPDX-License-Identifier: AGPL-3.0-or-later
"""Closing a request without erasure: it was granted, or is refused on grounds that the person is told."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.fields import Lines
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import one
from anpr.console.state import ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.subject_request import RefusalGrounds
from anpr.store.requests.register import answer_request, refuse_request

router = APIRouter()

MOST = 4000
"""Characters of an answer."""
Text = Annotated[Lines, Form(max_length=MOST)]


@router.post("/{number}/answer")
def answer(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, answer: Text = ""
) -> Response:
    """It was granted: the data were handed over, or rectified, or there are none."""
    one.request_of(console, number)
    if not answer.strip():
        faults = {"answer": FieldFault(key="requests.no_answer")}
        return one.page(console, context, number, faults=faults, fields={"answer": "", "grounds": "", "refusal": ""})
    try:
        with console.database.transaction() as conn:
            answer_request(conn, number, answer.strip(), one.handling(console, visitor))
    except InputError:
        return one.closed(number)
    return RedirectResponse(f"/requests/{number}?done=answered", status_code=303)


@router.post("/{number}/refuse")
def refuse(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    grounds: Annotated[str, Form(max_length=40)] = "",
    refusal: Text = "",
) -> Response:
    """It is refused: `refusal` adds what is true of this case to the text of the grounds."""
    one.request_of(console, number)
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "grounds", [grounds], 40)
    if grounds not in list(RefusalGrounds):
        faults["grounds"] = FieldFault(key="requests.no_grounds")
    if faults:
        fields = {"answer": "", "grounds": grounds, "refusal": refusal}
        return one.page(console, context, number, faults=faults, fields=fields)
    t = console.templates.catalogue("it")  # the person is answered in the language of the law
    parts = [t(f"requests.refusal_{grounds}"), refusal.strip(), t("requests.rights")]
    text = "\n\n".join(part for part in parts if part)
    try:
        with console.database.transaction() as conn:
            refuse_request(conn, number, RefusalGrounds(grounds), text, one.handling(console, visitor))
    except InputError:
        return one.closed(number)
    return RedirectResponse(f"/requests/{number}?done=refused", status_code=303)
