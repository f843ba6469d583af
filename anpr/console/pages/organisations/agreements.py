# SPDX-License-Identifier: AGPL-3.0-or-later
"""Agreements in the console: made by the grantor's administrator, and ended after a question."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, allowed
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.local_time import read_day
from anpr.domain.organisation import MANAGER, Action, Agreement, AgreementError, AgreementState
from anpr.store.gates import gate_names
from anpr.store.organisations.agreements import end_agreement, list_agreements, make_agreement
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/agreements")

Administrator = Annotated[Visitor, Depends(allowed(Permission.MANAGE_AGREEMENTS))]
Number = Annotated[int, Path(ge=1, lt=2**63)]
Short = Annotated[Line, Field(max_length=64)]
Long = Annotated[Line, Field(max_length=500)]


class AgreementFields(BaseModel):
    """The form as it was sent; days as 2026-12-31 or 31/12/2026."""

    grantee: Short = ""
    gates: Annotated[list[Short], Field(max_length=1000)] = []
    watchlists: Annotated[list[Short], Field(max_length=1000)] = []
    actions: Annotated[list[Action], Field(max_length=10)] = []
    purpose: Long = ""
    document: Long = ""
    starts_on: Short = ""
    ends_on: Short = ""


def make(console: Console, visitor: Visitor, fields: AgreementFields) -> tuple[str | None, Agreement | None]:
    """The key of the message that says what is wrong with the form, or the agreement."""
    days = [_day(text) for text in (fields.starts_on, fields.ends_on)]
    if days[0] is None or days[1] is None:
        return "no-day", None
    wanted = Agreement(
        grantor_id=visitor.user.organisation_id,
        grantee_id=fields.grantee,
        gate_ids=frozenset(fields.gates),
        watchlist_ids=frozenset(fields.watchlists),
        actions=frozenset(fields.actions),
        purpose=fields.purpose.strip(),
        document=fields.document.strip(),
        starts_on=days[0],
        ends_on=days[1],
    )
    try:
        with console.database.transaction() as conn:
            made = make_agreement(conn, wanted, visitor.user.name, console.clock.now(), console.scope.day)
    except AgreementError as exc:
        return exc.fault.value, None
    except InputError:
        return "no-grantee", None
    return None, made


@router.get("/{number}/end")
def ask(console: ConsoleDep, visitor: Administrator, context: ContextDep, number: Number) -> Response:
    """Asks before the agreement is ended: whoever sees by it sees nothing more."""
    with console.database.transaction() as conn:
        found = next((each for each in list_agreements(conn) if each.id == number), None)
        names, gates, watchlists = organisation_names(conn), gate_names(conn), watchlist_names(conn)
    if found is None or not _may_end(console, visitor, found):
        raise HTTPException(404)
    return console.templates.response(
        "organisations/ask_end.html", context, agreement=found, names=names, gates=gates, watchlists=watchlists
    )


@router.post("/{number}/end")
def end(console: ConsoleDep, visitor: Administrator, number: Number) -> Response:
    """It opens nothing from now on. 404 for one that is over, or another grantor's."""
    try:
        with console.database.transaction() as conn:
            end_agreement(conn, number, visitor.user.name, console.clock.now(), console.scope.day)
    except InputError as exc:
        raise HTTPException(404) from exc
    return RedirectResponse(f"/organisations?ended={number}", status_code=303)


def _may_end(console: Console, visitor: Visitor, agreement: Agreement) -> bool:
    is_over = agreement.state_on(console.scope.day) is AgreementState.OVER
    return not is_over and visitor.user.organisation_id in {agreement.grantor_id, MANAGER}


def _day(text: str) -> date | None:
    try:
        return read_day("day", text)
    except InputError:
        return None
