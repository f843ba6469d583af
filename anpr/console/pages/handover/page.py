# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handover of a shift: the page of now, which the outgoing operator signs, and what was signed, by keyset paging."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record_view
from anpr.console.coverage import all_blind
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Lines
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.handover import one, sign
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.handover import MAX_TEXT, ShiftFacts
from anpr.store.alarms.views import MAX_ID
from anpr.store.handovers.shift import facts_of_shift
from anpr.store.handovers.shown import named_in
from anpr.store.handovers.signing import list_handovers, sign_out

router = APIRouter(prefix="/handover")
LISTED = 20
"""Handovers on one page of the list."""
Below = Annotated[int, Query(ge=1, le=MAX_ID)]
Words = Annotated[Lines, Form(max_length=20_000)]


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, below: Below = MAX_ID) -> Response:
    """What the shift leaves as it is now, the form that signs it, and the handovers with numbers below this."""
    return _page(console, visitor, context, below)


@router.post("")
def leave(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    text: Words = "",
    gives: Annotated[bool, Form()] = False,
) -> Response:
    """The visitor signs as who leaves: what the page says is frozen as it is in this moment."""
    said = text.replace("\r\n", "\n").strip()
    if len(said) > MAX_TEXT:
        fault = FieldFault(key="search.too_long", values={"most": MAX_TEXT})
        return _page(console, visitor, context, fault=fault, text=said, gives=gives)
    facts = _facts(console)
    with console.database.transaction() as conn:
        made = sign_out(conn, facts, visitor.user.name, said, gives_alarms=gives)
    return RedirectResponse(f"/handover/{made.id}", status_code=303)


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    below: int = MAX_ID,
    *,
    fault: FieldFault | None = None,
    text: str = "",
    gives: bool = True,
) -> Response:
    record_view(console, visitor, "handover")
    facts = _facts(console)
    with console.database.transaction() as conn:
        named, listed = named_in(conn, facts), list_handovers(conn, below, LISTED + 1)
    return console.templates.response(
        "handover/handover.html",
        context,
        status=400 if fault else 200,
        facts=facts,
        named=named,
        own=len(facts.held_by(visitor.user.name)),
        handovers=listed[:LISTED],
        more=listed[LISTED - 1].id if len(listed) > LISTED else 0,
        is_first=below == MAX_ID,
        fault=fault,
        text=text,
        gives=gives,
        most=MAX_TEXT,
    )


def _facts(console: Console) -> ShiftFacts:
    blind = all_blind(console)
    with console.database.transaction() as conn:
        return facts_of_shift(conn, console.scope.organisation_id, console.clock.now(), blind)


router.include_router(one.router)
router.include_router(sign.router)

PAGE = Page(name="handover", router=router, permissions=(Permission.HANDLE_ALARMS,), is_in_menu=False)
