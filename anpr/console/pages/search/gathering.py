# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an investigation takes from a search: transits that are marked, and the question itself, to be asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed, author_of
from anpr.console.fields import Line, Whole
from anpr.console.pages.search.found import ROWS, Shown, Told, View, own_search
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.investigation import MAX_QUESTION, Investigation
from anpr.store.investigations.gathered import get_question, mark_transits, marked_among, save_question
from anpr.store.investigations.life import find_by_reference, get_investigation
from anpr.store.transits.audited_search import describe
from anpr.store.transits.recorded_search import RecordedSearch, query_from
from anpr.store.transits.rows import StoredTransit, TransitQuery, get_transit
from anpr.store.transits.search_sql import SearchOrder

router = APIRouter()
InvestigatorDep = Annotated[Visitor, Depends(allowed(Permission.INVESTIGATE))]
NumberPath = Annotated[int, Path(ge=1, lt=2**63)]


class PlaceFields(BaseModel):
    """The page of results to come back to, as it was shown."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    order: SearchOrder = SearchOrder.NEWEST
    view: View = "list"
    after: Annotated[str, Field(max_length=100)] = ""
    before: Annotated[str, Field(max_length=100)] = ""

    def back(self, number: int, told: Told) -> RedirectResponse:
        """To the page of that search, which tells what was done."""
        shown = Shown(page=self.page, order=self.order, view=self.view, after=self.after, before=self.before)
        return RedirectResponse(f"/search/{number}{shown.same_page(told=told)}", status_code=303)


class MarkFields(PlaceFields):
    """Which transits of a page go into which investigation."""

    investigation: Whole = 0
    transit: Annotated[list[UUID], Field(max_length=ROWS)] = []


class QuestionFields(PlaceFields):
    """What the question is called, and the investigation it is saved for."""

    investigation: Whole = 0
    text: Annotated[Line, Field(max_length=MAX_QUESTION)] = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The investigation that the search's case names, where the visitor works on it; which of the page it has."""

    investigation: Investigation | None
    marked: frozenset[UUID]


def marks_of(console: Console, search: RecordedSearch, rows: Sequence[StoredTransit]) -> Marks:
    """What is marked already, of one page."""
    with console.database.transaction() as conn:
        found = find_by_reference(conn, search.case_reference) if search.case_reference else None
        marked = marked_among(conn, found.id, [row.transit.id for row in rows]) if found else set()
    return Marks(investigation=found, marked=frozenset(marked))


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedAgain:
    """What a saved question asks, when it was saved (UTC), and the reference of its investigation."""

    query: TransitQuery
    saved_at: datetime
    case: str


def question_of(console: Console, visitor: Visitor, investigation: int, question: int) -> AskedAgain:
    """A saved question. Raises HTTPException 404 where the visitor is no member, or there is none."""
    if not visitor.may(Permission.INVESTIGATE):
        raise HTTPException(404)
    try:
        with console.database.transaction() as conn:
            found, saved = get_investigation(conn, investigation), get_question(conn, investigation, question)
        if saved is None:
            raise HTTPException(404)
        return AskedAgain(query=query_from(saved.query), saved_at=saved.saved_at, case=found.reference)
    except (InputError, KeyError, TypeError, ValueError) as exc:
        raise HTTPException(404) from exc


@router.post("/{number}/marks")
def mark(
    console: ConsoleDep, visitor: InvestigatorDep, number: NumberPath, fields: Annotated[MarkFields, Form()]
) -> Response:
    """Put the chosen transits of the visitor's own results into an investigation."""
    search = own_search(console, visitor, number)
    told: Told = "not_marked"
    if fields.transit:
        try:
            with console.database.transaction() as conn:
                stored = [get_transit(conn, each) for each in fields.transit]
                found = [each.transit for each in stored if each is not None]
                mark_transits(conn, fields.investigation, found, author_of(console, visitor), _note(console, search))
            told = "marked"
        except InputError:
            told = "not_marked"
    return fields.back(number, told)


@router.post("/{number}/question")
def keep_question(
    console: ConsoleDep, visitor: InvestigatorDep, number: NumberPath, fields: Annotated[QuestionFields, Form()]
) -> Response:
    """Save what the visitor's own search asks, for whoever works on the investigation."""
    search = own_search(console, visitor, number)
    try:
        with console.database.transaction() as conn:
            query = describe(search.query)
            save_question(conn, fields.investigation, fields.text, query, author_of(console, visitor))
        told: Told = "saved"
    except InputError:
        told = "not_saved"
    return fields.back(number, told)


def _note(console: Console, search: RecordedSearch) -> str:
    """In Italian, as the report of the evidence, which repeats it."""
    return console.templates.catalogue("it")("search.mark_note", number=search.number)
