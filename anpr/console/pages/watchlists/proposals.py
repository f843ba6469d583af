# SPDX-License-Identifier: AGPL-3.0-or-later
"""Proposals of a list: who wants what changed and why; another person approves or refuses, the author withdraws."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of, record
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import ListId, Number
from anpr.console.pages.watchlists.one import own_list
from anpr.console.pages.watchlists.proposed import is_as_proposed, lines_of, shown_file
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.listfiles.proposing import approve, refuse, withdraw
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.watchlists.proposals import (
    OPEN_DAYS,
    SETTLED_DAYS,
    NotAuthorError,
    OwnProposalError,
    Proposal,
    ProposalGoneError,
    ProposalKind,
    ProposalSettledError,
    StaleProposalError,
    get_proposal,
    list_proposals,
)

router = APIRouter(dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
Settled = Literal["made", "urgent", "approved", "refused", "withdrawn", "settled", "stale", "own"]
"""What was just done, or why it was not."""


@router.get("/{watchlist_id}/proposals")
def show(console: ConsoleDep, context: ContextDep, watchlist_id: ListId) -> Response:
    """Those that wait, and those that were settled."""
    head, now = own_list(console, watchlist_id), console.clock.now()
    with console.database.transaction() as conn:
        found = list_proposals(conn, watchlist_id)
    waiting = [each for each in found if each.is_open(now)]
    settled = [each for each in found if not each.is_open(now)]
    return console.templates.response(
        "watchlists/proposals.html",
        context,
        head=head,
        waiting=waiting,
        settled=settled,
        open_days=OPEN_DAYS,
        settled_days=SETTLED_DAYS,
    )


@router.get("/{watchlist_id}/proposals/{number}")
def show_one(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    number: Number,
    done: Settled | None = None,
) -> Response:
    """What it would change, and what can be done with it."""
    return _page(console, visitor, context, watchlist_id, number, done=done)


@router.post("/{watchlist_id}/proposals/{number}/approve")
def approve_one(console: ConsoleDep, visitor: VisitorDep, watchlist_id: ListId, number: Number) -> Response:
    """Do what it says, all or nothing."""
    by = author_of(console, visitor)
    head = own_list(console, watchlist_id)
    with console.database.transaction() as conn:
        kind = _found(get_proposal, conn, watchlist_id, number).kind
    answer = _settled(
        head.watchlist.id,
        number,
        "approved",
        lambda: approve(console.database, watchlist_id, number, by, console.settings.zone),
    )
    if kind is ProposalKind.DELETE and "done=approved" in answer.headers["location"]:
        return RedirectResponse("/watchlists?done=deleted", status_code=303)
    return answer


@router.post("/{watchlist_id}/proposals/{number}/refuse")
def refuse_one(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    number: Number,
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Refuse it with a reason, which its author reads."""
    own_list(console, watchlist_id)
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "why", why)
    refuse_odd(faults, "why", [why], MAX_REASON)
    if faults:
        return _page(console, visitor, context, watchlist_id, number, faults=faults, why=why)
    by: Author = author_of(console, visitor)
    return _settled(
        watchlist_id, number, "refused", lambda: refuse(console.database, watchlist_id, number, by, plain_reason(why))
    )


@router.post("/{watchlist_id}/proposals/{number}/withdraw")
def withdraw_one(console: ConsoleDep, visitor: VisitorDep, watchlist_id: ListId, number: Number) -> Response:
    """Take back one's own."""
    own_list(console, watchlist_id)
    by = author_of(console, visitor)
    return _settled(watchlist_id, number, "withdrawn", lambda: withdraw(console.database, watchlist_id, number, by))


def to_proposal(watchlist_id: str, number: int, done: str = "made") -> Response:
    """Lead to its page. `done`: what was done with it."""
    return RedirectResponse(f"/watchlists/{watchlist_id}/proposals/{number}?done={done}", status_code=303)


def _settled(watchlist_id: str, number: int, done: str, deed: Callable[[], object]) -> Response:
    """Do it, and lead back. Raises HTTPException (404) when there is no such proposal."""
    try:
        deed()
    except ProposalGoneError:
        raise HTTPException(404) from None
    except ProposalSettledError:
        done = "settled"
    except StaleProposalError:
        done = "stale"
    except (OwnProposalError, NotAuthorError):
        done = "own"
    return to_proposal(watchlist_id, number, done)


def _found(get: Callable[..., Proposal], *what: object) -> Proposal:
    try:
        return get(*what)
    except ProposalGoneError:
        raise HTTPException(404) from None


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    watchlist_id: str,
    number: int,
    *,
    done: str | None = None,
    faults: dict[str, FieldFault] | None = None,
    why: str = "",
) -> Response:
    """The page of a proposal. Raises HTTPException (404) when the list has none of this number."""
    head, now = own_list(console, watchlist_id), console.clock.now()
    with console.database.transaction() as conn:
        proposal = _found(get_proposal, conn, watchlist_id, number)
    if console.view_audit.is_due(visitor.session.key, f"proposal {number}"):
        detail = {"watchlist": watchlist_id, "proposal": number}
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    file = shown_file(console, proposal)
    return console.templates.response(
        "watchlists/proposal.html",
        context,
        status=400 if faults else 200,
        head=head,
        proposal=proposal,
        is_open=proposal.is_open(now),
        counts_now=proposal.urgent_until is not None and now < proposal.urgent_until,
        is_own=proposal.made_by == visitor.user.name,
        lines=lines_of(proposal, console.settings.zone),
        file=file,
        is_as_proposed=file is None or is_as_proposed(file, proposal),
        done=done,
        faults=faults or {},
        why=why,
    )
