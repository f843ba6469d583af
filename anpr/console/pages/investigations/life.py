# SPDX-License-Identifier: AGPL-3.0-or-later
"""End of an investigation, and its opening again, each with a reason; and another title or authority."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, author_of
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.investigation import MAX_AUTHORITY, MAX_TITLE
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.investigations.life import describe_investigation, end_investigation, reopen_investigation

router = APIRouter()
Text = Annotated[str, Form(max_length=2000)]


@router.post("/{number}/end")
def end(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, life_reason: Text = ""
) -> Response:
    """Nothing is searched, marked or noted for it any more."""
    return _turn(console, visitor, context, number, life_reason, end_investigation, "ended")


@router.post("/{number}/reopen")
def reopen(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, life_reason: Text = ""
) -> Response:
    """It goes on."""
    return _turn(console, visitor, context, number, life_reason, reopen_investigation, "reopened")


def _turn(  # noqa: PLR0913, PLR0917  who turns which one, why, by which function, and how that is told
    console: Console,
    visitor: Visitor,
    context: PageContext,
    number: int,
    reason: str,
    change: Callable[[Connection, int, Author, str], None],
    done: str,
) -> Response:
    one.investigation_of(console, number)
    faults = _reason_faults(reason)
    if faults:
        return one.page(console, visitor, context, number, faults=faults, fields={"life_reason": reason})
    try:
        with console.database.transaction() as conn:
            change(conn, number, author_of(console, visitor), plain_reason(reason))
    except InputError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)})
    return one.done(number, done)


@router.post("/{number}/describe")
def describe(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    title: Text = "",
    authority: Text = "",
) -> Response:
    """Another title or authority; the reference stays."""
    one.investigation_of(console, number)
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "title", [title], MAX_TITLE)
    refuse_odd(faults, "authority", [authority], MAX_AUTHORITY)
    if not title.strip():
        faults.setdefault("title", FieldFault(key="investigations.no_title"))
    if faults:
        fields = {"title": title, "authority": authority}
        return one.page(console, visitor, context, number, faults=faults, fields=fields)
    try:
        with console.database.transaction() as conn:
            describe_investigation(conn, number, title, authority, author_of(console, visitor))
    except InputError as exc:
        return one.page(console, visitor, context, number, faults={"page": one.fault_of(exc)})
    return one.done(number, "described")


def _reason_faults(reason: str) -> dict[str, FieldFault]:
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "life_reason", reason)
    refuse_odd(faults, "life_reason", [reason], MAX_REASON)
    return faults
