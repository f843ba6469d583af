# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is gathered: a transit is marked from its page or unmarked, a note is written, a question removed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line, Lines, Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.state import ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.investigation import MAX_MARK_NOTE, MAX_NOTE
from anpr.store.investigations.gathered import add_note, mark_transits, remove_question, unmark
from anpr.store.transits.rows import get_transit

router = APIRouter()


@router.post("/mark")
def mark(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    investigation: Annotated[Whole, Form()],
    transit: Annotated[UUID, Form()],
    note: Annotated[Line, Form(max_length=MAX_MARK_NOTE)] = "",
) -> Response:
    """The transit matters to this investigation; from the transit's own page. 404 for what the visitor may not see."""
    one.investigation_of(console, investigation)
    with console.database.transaction() as conn:
        stored = get_transit(conn, transit)
    if stored is None:
        raise HTTPException(404)
    try:
        with console.database.transaction() as conn:
            mark_transits(conn, investigation, [stored.transit], author_of(console, visitor), note)
    except InputError as exc:
        return one.page(console, visitor, context, investigation, faults={"page": one.fault_of(exc)})
    return one.done(investigation, "marked", "#marked")


@router.post("/{number}/unmark")
def unmark_one(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, transit: Annotated[UUID, Form()]
) -> Response:
    """It matters no more; what was done stays in the audit."""
    one.investigation_of(console, number)
    try:
        with console.database.transaction() as conn:
            unmark(conn, number, [transit], author_of(console, visitor))
    except InputError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)})
    return one.done(number, "unmarked", "#marked")


@router.post("/{number}/notes")
def write(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    text: Annotated[Lines, Form(max_length=4 * MAX_NOTE)] = "",
) -> Response:
    """A note, which is never changed."""
    one.investigation_of(console, number)
    said = text.replace("\r\n", "\n").strip()
    if not said or len(said) > MAX_NOTE:
        values = {"most": MAX_NOTE}
        fault = FieldFault(key="search.too_long" if said else "investigations.no_words", values=values)
        return one.page(console, visitor, context, number, faults={"text": fault}, fields={"text": said})
    try:
        with console.database.transaction() as conn:
            add_note(conn, number, said, author_of(console, visitor))
    except InputError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)}, fields={"text": said})
    return one.done(number, "noted", "#notes")


@router.post("/{number}/questions/{question}/remove")
def remove(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, question: one.Number
) -> Response:
    """It is not asked again."""
    one.investigation_of(console, number)
    try:
        with console.database.transaction() as conn:
            remove_question(conn, number, question, author_of(console, visitor))
    except InputError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)})
    return one.done(number, "question-removed", "#questions")
