# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of alarms: the board that operators watch, and those from the past; each by keyset paging."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.alarm_card import transits_of
from anpr.console.alarm_row import alarm_in
from anpr.console.fields import Whole
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms import blind, detail, handling, past, patrols, stream, suppressions, wall, way
from anpr.console.pages.alarms.choice import Asked, AskedDep, BoardView, BoardViewDep, keep_view
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmKind
from anpr.domain.watchlist import Priority
from anpr.store.alarms.views import MAX_ID, PAGE_LIMIT, AlarmView, BoardPlace, board_place
from anpr.store.gates import gate_names
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/alarms")

Below = Annotated[int, Query(ge=1, le=MAX_ID)]
Only = Annotated[str, Query(pattern="^(|cards)$")]
"""`cards`: what a script adds to a page that is there already."""
Fault = Annotated[str, Query(pattern="^(|reason|late)$")]
After = Annotated[str, Query(pattern=r"^[0-8]-[0-9]{1,19}$")]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listing:
    """One page of alarms: `kind` is open or past, `more` the address of the page after it (empty: none)."""

    kind: str
    views: Sequence[AlarmView]
    more: str
    which: Asked = field(default_factory=Asked)
    shown_as: BoardView = BoardView.CARDS


@router.get("")
def show_open(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    which: AskedDep,
    shown_as: BoardViewDep,
    after: After = f"0-{MAX_ID}",
    alarm: Whole = 0,
    only: Only = "",
) -> Response:
    """The board: what is urgent and nobody has taken comes first; new ones come by themselves.

    `after` is the place (rank-id) after which the page begins. `alarm` is shown in any case, on top when it is not
    among those of the page: who comes back from a transit finds the alarm they left.
    """
    if shown_as is BoardView.WALL:
        return wall.show_wall(console, visitor, context, which)
    newest_id = console.alarms.newest_id()  # before the alarms are read: what comes in between is sent, not left out
    console.alarm_calls.refresh(visitor.user.organisation_id)
    rank, last_id = after.split("-")
    views = console.alarms.board(BoardPlace(rank=int(rank), id=min(int(last_id), MAX_ID)), which.filter)
    more = ""
    if len(views) == PAGE_LIMIT:
        place = board_place(views[-1].alarm)
        more = which.address("/alarms", view=shown_as.value, after=f"{place.rank}-{place.id}")
    if alarm and all(view.alarm.id != alarm for view in views):
        views = [*console.alarms.some([alarm]), *views]
    listing = _Listing(kind="open", views=views, more=more, which=which, shown_as=shown_as)
    _record(console, visitor, "alarms", views)
    if only:
        return _cards(console, context, listing)
    below = _past(console) if shown_as is BoardView.CARDS else None
    if below and below.views:
        _record(console, visitor, "past-alarms", below.views)
    chosen = next((view for view in views if view.alarm.id == alarm), views[0] if views else None)
    values = {}
    if shown_as is BoardView.ROWS:
        values = {"chosen": detail.detail_values(console, visitor, chosen) if chosen else None}
    return keep_view(request, _page(console, context, listing, newest_id, below, **values), shown_as)


@router.get("/past")
def show_past(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    below: Below = MAX_ID,
    only: Only = "",
    rows: bool = False,
    fault: Fault = "",
) -> Response:
    """Alarms of transits from before their entry, that are not closed: a line each. The board of cards takes cards."""
    newest_id = console.alarms.newest_id()
    listing = _past(console, below, BoardView.CARDS if only and not rows else BoardView.ROWS)
    _record(console, visitor, "past-alarms", listing.views)
    if only:
        return _cards(console, context, listing)
    return _page(console, context, listing, newest_id, **past.past_values(console, visitor, fault))


@router.get("/closed")
def show_closed(which: AskedDep) -> Response:
    """Closed alarms have one page, which they share with those of other days."""
    return RedirectResponse(which.address("/archive"), status_code=308)


@router.get("/hidden")
def show_hidden(console: ConsoleDep, context: ContextDep, which: AskedDep) -> Response:
    """How many open alarms the filter leaves out: a strip of the board, asked for after each change."""
    return console.templates.response("alarms/hidden.html", context, **_hidden(console, which))


def _hidden(console: Console, which: Asked) -> dict[str, Any]:
    if not which.narrows:
        return {"hidden": 0, "which": which}
    return {"hidden": max(0, console.alarms.tally().open - console.alarms.count(which.filter)), "which": which}


def _past(console: Console, below: int = MAX_ID, shown_as: BoardView = BoardView.CARDS) -> _Listing:
    views = console.alarms.past(below)
    more = ""
    if len(views) == PAGE_LIMIT:
        values = {"below": views[-1].alarm.id} | ({"rows": 1} if shown_as is BoardView.ROWS else {})
        more = f"/alarms/past?{urlencode(values)}"
    return _Listing(kind="past", views=views, more=more, shown_as=shown_as)


def _cards(console: Console, context: PageContext, listing: _Listing) -> Response:
    return console.templates.response("alarms/more.html", context, **_values(console, context, listing))


def _record(console: Console, visitor: Visitor, page: str, views: Sequence[AlarmView]) -> None:
    record_shown(console, visitor, page, transits_of(views))


def _page(
    console: Console,
    context: PageContext,
    listing: _Listing,
    newest_id: int = 0,
    below: _Listing | None = None,
    **more: object,
) -> Response:
    """The whole page. `newest_id`: alarms above it come by themselves; `below`: those from the past, under it."""
    values = {**_values(console, context, listing), **more}
    with console.database.transaction() as conn:
        names, gates = watchlist_names(conn), gate_names(conn)
    if listing.kind == "open":
        values |= blind.blind_values(console) | _hidden(console, listing.which)
    return console.templates.response(
        f"alarms/{listing.kind}.html",
        context,
        **{"shown_as": listing.shown_as, "views": list(BoardView), "which": listing.which, **values},
        names=names,
        gates=gates,
        kinds=list(AlarmKind),
        priorities=list(Priority),
        tally=console.alarms.tally(),
        past=_values(console, context, below) if below else None,
        last_id=newest_id,
    )


def _values(console: Console, context: PageContext, listing: _Listing) -> dict[str, Any]:
    as_row = listing.shown_as is BoardView.ROWS
    cards = [alarm_in(console, context, view, as_row=as_row) for view in listing.views]
    return {"kind": listing.kind, "cards": cards, "more": listing.more}


for part in (stream, suppressions, past, handling, patrols, blind, wall, way, detail):
    router.include_router(part.router)

PAGE = Page(name="alarms", router=router, permissions=(Permission.VIEW_ALARMS,))
