# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost preview (backtest): what a list, or a file that waits, would have raised in the last days, before it counts.

A day an answer: the page asks for the next one by itself, or the visitor does where there is no script; whoever leaves
stops it. No plate is told, and pictures only by addresses made for this session.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, record
from anpr.console.image_bytes import KEPT, jpeg, thumbnail_bytes, viewable_transit
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import ListFields, ListId, Number, share_of
from anpr.console.pages.watchlists.one import own_list
from anpr.console.pages.watchlists.preview import order_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import MatchMode
from anpr.listfiles.importing import read_order
from anpr.store.audit import AuditAction
from anpr.store.watchlists.cost import DAYS, EXAMPLES, DayCost, Rule, replay
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.uploads import get_upload

router = APIRouter(dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
Share = Annotated[int, Query(ge=1, le=100)]
Day = Annotated[int, Query(ge=1, le=DAYS)]
Count = Annotated[int, Query(ge=0, lt=2**31)]


@router.post("/{watchlist_id}/cost")
def ask(console: ConsoleDep, watchlist_id: ListId, fields: Annotated[ListFields, Form()]) -> Response:
    """From the form of the settings: how it would be with those, which are not saved."""
    own_list(console, watchlist_id)
    match = fields.match if fields.match in set(MatchMode) else MatchMode.EXACT
    share = share_of({}, fields)
    address = f"/watchlists/{watchlist_id}/cost?match={match}&share={max(1, round(share * 100))}"
    return RedirectResponse(address, status_code=303)


@router.get("/{watchlist_id}/cost")
def show(  # noqa: PLR0913, PLR0917  what is asked
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    match: MatchMode = MatchMode.EXACT,
    share: Share = 50,
    upload: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    """The page, which asks for one day after the other."""
    head = own_list(console, watchlist_id)
    detail = {"watchlist": watchlist_id, "cost": str(match)}
    record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    asked = f"match={match}&share={share}&upload={upload}"
    values: dict[str, Any] = {"head": head, "match": match, "share": share, "upload": upload, "asked": asked}
    return console.templates.response("watchlists/cost.html", context, days=DAYS, **values)


@router.get("/{watchlist_id}/cost/day")
def one_day(  # noqa: PLR0913, PLR0917  what is asked, and what the days before it came to
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    match: MatchMode = MatchMode.EXACT,
    share: Share = 50,
    upload: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    back: Day = 1,
    alarms: Count = 0,
    doubtful: Count = 0,
    transits: Count = 0,
    shown: Count = 0,
) -> Response:
    """One day, the `back`th from now, and the sums so far; a piece of the page, or a page by itself without script."""
    own_list(console, watchlist_id)
    file = _entries_of(console, watchlist_id, upload) if upload else None
    until = _midnight(console, back - 1)
    rule = Rule(watchlist_id=watchlist_id, match=match, min_probability=share / 100)
    left = max(0, EXAMPLES - shown)
    with console.search_seats.seat(visitor.user.name), console.search_database.transaction() as conn:
        cost = replay(conn, rule, _midnight(console, back), until, examples=left, file=file)
    sums = (alarms + cost.alarms, doubtful + cost.doubtful, transits + cost.transits)
    asked = f"match={match}&share={share}&upload={upload}"
    carried = f"alarms={sums[0]}&doubtful={sums[1]}&transits={sums[2]}&shown={shown + len(cost.examples)}"
    return console.templates.response(
        "watchlists/cost_day.html",
        context,
        watchlist_id=watchlist_id,
        day=_midnight(console, back),
        cost=cost,
        pictures=_pictures(console, visitor, cost),
        sums=sums,
        back=back,
        days=DAYS,
        next=f"{asked}&back={back + 1}&{carried}" if back < DAYS else None,
        is_piece=request.headers.get("hx-request") == "true",
    )


@router.get("/{watchlist_id}/cost/pictures/{number}/{seal}")
def picture(
    console: ConsoleDep,
    visitor: VisitorDep,
    watchlist_id: ListId,
    number: Annotated[UUID, Path()],
    seal: Annotated[str, Path(max_length=200)],
) -> Response:
    """The plate of a transit that a preview has named to this session, small. 404 for any other."""
    own_list(console, watchlist_id)
    if not console.sessions.is_form_token(_seal_key(visitor, number), seal):
        raise HTTPException(404)
    return jpeg(thumbnail_bytes(console, viewable_transit(console, number), ImageRole.PLATE), KEPT)


def _entries_of(console: Console, watchlist_id: str, upload: Number) -> Sequence[NewEntry]:
    """The file's entries. Raises HTTPException (404) when it is gone or cannot be read."""
    with console.database.transaction() as conn:
        kept = get_upload(conn, watchlist_id, upload)
        if kept is None:
            raise HTTPException(404)
        try:
            return read_order(conn, order_of(kept), console.settings.zone).entries
        except InputError:
            raise HTTPException(404) from None


def _midnight(console: Console, back: int) -> datetime:
    """The begin of the local day so many days ago; of 0: now, as today is not over."""
    now = console.clock.now()
    if back == 0:
        return now
    day = now.astimezone(console.settings.zone).date() - timedelta(days=back - 1)
    return datetime.combine(day, time(), console.settings.zone)


def _pictures(console: Console, visitor: Visitor, cost: DayCost) -> list[tuple[UUID, str]]:
    return [(number, console.sessions.form_token(_seal_key(visitor, number))) for number in cost.examples]


def _seal_key(visitor: Visitor, number: UUID) -> str:
    return f"{visitor.session.key} cost {number}"
