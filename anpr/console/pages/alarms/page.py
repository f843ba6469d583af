# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of alarms: the board that operators watch, those from the past, and the closed ones; each by keyset paging."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.alarm_card import alarm_card
from anpr.console.fields import Line, Whole
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms import blind, handling, stream
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.watchlist import Priority
from anpr.store.alarms.views import (
    ALL_ALARMS,
    MAX_ID,
    PAGE_LIMIT,
    AlarmFilter,
    AlarmView,
    BoardPlace,
    board_place,
)
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/alarms")

Below = Annotated[int, Query(ge=1, le=MAX_ID)]
Only = Annotated[str, Query(pattern="^(|cards)$")]
"""`cards`: what a script adds to a page that is there already."""
After = Annotated[str, Query(pattern=r"^[0-8]-[0-9]{1,19}$")]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listing:
    """One page of alarms: `kind` is open, past or closed, `more` the address of the page after it (empty: none)."""

    kind: str
    views: Sequence[AlarmView]
    more: str
    which: AlarmFilter = ALL_ALARMS


def alarm_filter(
    watchlist: Annotated[Line, Query(alias="list", max_length=64)] = "",
    priority: Annotated[str, Query(pattern="^(|high|medium|low)$")] = "",
) -> AlarmFilter:
    """The filter in the address; what is empty does not narrow."""
    return AlarmFilter(watchlist=watchlist or None, priority=Priority(priority) if priority else None)


FilterDep = Annotated[AlarmFilter, Depends(alarm_filter)]


@router.get("")
def show_open(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    which: FilterDep,
    after: After = f"0-{MAX_ID}",
    alarm: Whole = 0,
    only: Only = "",
) -> Response:
    """The board: what nobody has taken and is urgent comes first; new ones come by themselves.

    `after` is the place (rank-id) after which the page begins. `alarm` is shown in any case, on top when it is not
    among those of the page: who comes back from a transit finds the alarm they left.
    """
    newest_id = console.alarms.newest_id()  # before the alarms are read: what comes in between is sent, not left out
    rank, last_id = after.split("-")
    views = console.alarms.board(BoardPlace(rank=int(rank), id=min(int(last_id), MAX_ID)), which)
    more = ""
    if len(views) == PAGE_LIMIT:
        place = board_place(views[-1].alarm)
        more = _address("/alarms", which, after=f"{place.rank}-{place.id}")
    if alarm and all(view.alarm.id != alarm for view in views):
        views = [*console.alarms.some([alarm]), *views]
    listing = _Listing(kind="open", views=views, more=more, which=which)
    _record(console, visitor, "alarms", views)
    if only:
        return _cards(console, context, listing)
    past = _past(console)
    if past.views:
        _record(console, visitor, "past-alarms", past.views)
    return _page(console, context, listing, newest_id, past)


@router.get("/past")
def show_past(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, below: Below = MAX_ID, only: Only = ""
) -> Response:
    """Alarms of transits from before their entry, that are not closed."""
    listing = _past(console, below)
    _record(console, visitor, "past-alarms", listing.views)
    return _cards(console, context, listing) if only else _page(console, context, listing)


@router.get("/closed")
def show_closed(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    which: FilterDep,
    below: Below = MAX_ID,
    only: Only = "",
) -> Response:
    """Closed alarms, the newest first."""
    views = console.alarms.closed(below, which)
    more = _address("/alarms/closed", which, below=views[-1].alarm.id) if len(views) == PAGE_LIMIT else ""
    listing = _Listing(kind="closed", views=views, more=more, which=which)
    _record(console, visitor, "closed-alarms", views)
    return _cards(console, context, listing) if only else _page(console, context, listing)


def _past(console: Console, below: int = MAX_ID) -> _Listing:
    views = console.alarms.past(below)
    more = _address("/alarms/past", AlarmFilter(), below=views[-1].alarm.id) if len(views) == PAGE_LIMIT else ""
    return _Listing(kind="past", views=views, more=more)


def _cards(console: Console, context: PageContext, listing: _Listing) -> Response:
    return console.templates.response("alarms/more.html", context, **_values(console, context, listing))


def _record(console: Console, visitor: Visitor, page: str, views: Sequence[AlarmView]) -> None:
    record_shown(console, visitor, page, [view.alarm.transit_id for view in views])


def _page(
    console: Console, context: PageContext, listing: _Listing, newest_id: int = 0, past: _Listing | None = None
) -> Response:
    """The whole page. `newest_id`: alarms above it come by themselves; `past`: those from the past, below the board."""
    values = _values(console, context, listing)
    with console.database.transaction() as conn:
        names = watchlist_names(conn)
    if listing.kind == "open":
        values |= blind.blind_values(console)
    return console.templates.response(
        f"alarms/{listing.kind}.html",
        context,
        **values,
        which=listing.which,
        names=names,
        priorities=list(Priority),
        tally=console.alarms.tally(),
        past=_values(console, context, past) if past else None,
        last_id=newest_id,
    )


def _values(console: Console, context: PageContext, listing: _Listing) -> dict[str, Any]:
    cards = [alarm_card(console, context, view) for view in listing.views]
    return {"kind": listing.kind, "cards": cards, "more": listing.more}


def _address(path: str, which: AlarmFilter, **place: object) -> str:
    chosen = {"list": which.watchlist, "priority": which.priority, **place}
    return f"{path}?{urlencode({name: value for name, value in chosen.items() if value})}"


router.include_router(stream.router)
router.include_router(handling.router)
router.include_router(blind.router)

PAGE = Page(name="alarms", router=router, permissions=(Permission.VIEW_ALARMS,))
