# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that a centre hands out, without plates: versions, age, tries and deliveries; whoever edits lists fetches
now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, allowed, author_of
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.identifier import IDENTIFIER_PATTERN
from anpr.domain.organisation import MANAGER
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.cards import ListCard, list_cards
from anpr.store.watchlists.received import ReceivedState, ask_now, received_states

router = APIRouter(prefix="/received-lists")

_ALL = 100
"""Deliveries on the page of one list."""
ListName = Annotated[str, Path(pattern=IDENTIFIER_PATTERN)]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedCard:
    """A list with all that its card shows. `is_own`: of the visitor's organisation."""

    card: ListCard
    state: ReceivedState
    owner: str
    is_own: bool
    is_stale: bool


@router.get("")
def show(console: ConsoleDep, context: ContextDep, done: Literal["asked"] | None = None) -> Response:
    """All of them; an explanation where there are none."""
    return console.templates.response("received/received.html", context, cards=_cards(console), done=done)


@router.get("/{watchlist_id}")
def one(console: ConsoleDep, context: ContextDep, watchlist_id: ListName) -> Response:
    """One, with the deliveries that are remembered."""
    cards = _cards(console, watchlist_id, _ALL)
    if not cards:
        raise HTTPException(404)
    return console.templates.response("received/one.html", context, card=cards[0], most=_ALL)


@router.post("/{watchlist_id}/fetch", dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
def fetch(console: ConsoleDep, visitor: VisitorDep, watchlist_id: ListName) -> Response:
    """Ask that its place be looked at now; who fetches, which may be another machine, sees it within seconds."""
    with console.database.transaction() as conn:
        if not ask_now(conn, watchlist_id, author_of(console, visitor)):
            raise HTTPException(404)
    return RedirectResponse("/received-lists?done=asked", status_code=303)


def _cards(console: Console, watchlist_id: str | None = None, shown: int = 5) -> list[ReceivedCard]:
    now, own = console.clock.now(), console.scope.organisation_id
    with console.database.transaction() as conn:
        states = received_states(conn, watchlist_id, shown)
        names = organisation_names(conn)
        lists = {card.watchlist.id: card for card in list_cards(conn)} if states else {}
    known = [(state, lists[state.received.watchlist_id]) for state in states if state.received.watchlist_id in lists]
    return [
        ReceivedCard(
            card=card,
            state=state,
            owner=_owner(console, names, card.organisation_id),
            is_own=card.organisation_id == own,
            is_stale=card.is_stale(now),
        )
        for state, card in known
    ]


def _owner(console: Console, names: Mapping[str, str], organisation_id: str) -> str:
    """What people call it; a town by itself has named nobody but itself."""
    name = names.get(organisation_id, organisation_id)
    return console.settings.municipality if organisation_id == MANAGER and name in {"", MANAGER} else name


PAGE = Page(
    name="received",
    router=router,
    permissions=(Permission.VIEW_WATCHLISTS, Permission.VIEW_FORWARDING, Permission.VIEW_HEALTH),
    is_in_menu=False,
)
