# SPDX-License-Identifier: AGPL-3.0-or-later
"""The watchlists in one table, and whether a plate is on one: asked with a reason, answered without the entry's own."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.fields import Whole
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists import cost, entries, export, imports, one, proposals, settings
from anpr.console.pages.watchlists.form import read_respelled
from anpr.console.pages.watchlists.heads import head_of
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, AuditRow, append, get_audit
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.cards import list_cards
from anpr.store.watchlists.entry_pages import lists_of_plate
from anpr.store.watchlists.not_arriving import not_arriving
from anpr.store.watchlists.proposals import waiting_proposals

router = APIRouter(prefix="/watchlists")


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    check: Annotated[Whole, Query()] = 0,
    done: Literal["deleted"] | None = None,
) -> Response:
    """All lists, each with its number of entries. Recorded once while somebody goes on looking. `check` is the row of
    the audit that asks whether a plate is listed."""
    asked = _asked(console, visitor, check) if check else None
    return _page(console, visitor, context, asked=asked, done=done)


@router.post("/_check")
def ask(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    plate: Annotated[str, Form(max_length=2000)] = "",
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Record who asks for which plate and why, then lead to the answer."""
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "plate", [plate], 40)
    refuse_odd(faults, "reason", [reason], MAX_REASON)
    wanted = None
    if not faults:
        wanted, _ = read_respelled(faults, "plate", plate)
        check_reason_field(faults, "reason", reason)
    if faults:
        return _page(console, visitor, context, fields={"plate": plate, "reason": reason}, faults=faults)
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.WATCHLIST_SEARCHED,
        at=console.clock.now(),
        reason=plain_reason(reason),
        detail={"plate": wanted},
    )
    with console.database.transaction() as conn:
        number = append(conn, event).seq
    return RedirectResponse(f"/watchlists?check={number}", status_code=303)


def _asked(console: Console, visitor: Visitor, number: int) -> AuditRow:
    """The visitor's own question. Raises HTTPException (404) for every other row."""
    with console.database.transaction() as conn:
        found = get_audit(conn, number)
    if found is None or found.event.action is not AuditAction.WATCHLIST_SEARCHED:
        raise HTTPException(404)
    if found.event.actor != visitor.user.name or "plate" not in found.event.detail or found.event.reason is None:
        raise HTTPException(404)
    return found


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    *,
    asked: AuditRow | None = None,
    fields: dict[str, str] | None = None,
    faults: dict[str, FieldFault] | None = None,
    done: str | None = None,
) -> Response:
    if console.view_audit.is_due(visitor.session.key, "watchlists"):
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED)
    found: dict[str, Any] = {"listings": None, "asked": asked}
    with console.database.transaction() as conn:
        names = organisation_names(conn)
        waiting = waiting_proposals(conn, console.clock.now()) if visitor.may(Permission.EDIT_WATCHLISTS) else {}
        heads = [head_of(card, names, console) for card in list_cards(conn)]
        trouble = not_arriving(conn, console.clock.now(), console.settings.watchlists.pickup_every_s)
        if asked is not None:
            found["listings"] = lists_of_plate(conn, asked.event.detail["plate"])
    return console.templates.response(
        "watchlists/watchlists.html",
        context,
        status=400 if faults else 200,
        heads=heads,
        waiting=waiting,
        trouble=trouble,
        late=[head.watchlist.name for head in heads if head.is_stale or trouble.is_of(head.watchlist.id)],
        fields=fields or {"plate": "", "reason": ""},
        faults=faults or {},
        done=done,
        now=console.clock.now(),
        **found,
    )


router.include_router(settings.new_router)
router.include_router(one.router)
router.include_router(imports.router)
router.include_router(proposals.router)
router.include_router(cost.router)
router.include_router(export.router)
router.include_router(entries.router)
router.include_router(settings.router)

PAGE = Page(name="watchlists", router=router, permissions=(Permission.VIEW_WATCHLISTS,))
