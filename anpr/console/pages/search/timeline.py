# SPDX-License-Identifier: AGPL-3.0-or-later
"""Results of a search on a timeline: a lane for each gate or plate, drawn by the server as SVG, and links that zoom.

What is shown is the search itself within a part of its time, so no plate and no new question is in an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.coverage import oldest_kept
from anpr.console.page_context import ContextDep
from anpr.console.pages.search.found import end_of, own_search, record_looked_at
from anpr.console.pages.search.timeline_lanes import MOST_LANES, MOST_PLATES, Lanes, lanes_of_gates, lanes_of_plates
from anpr.console.rendering.templates import PageContext
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.console.timeline_scale import TimeScale
from anpr.console.until_disconnected import until_disconnected
from anpr.domain.errors import QueryTooLongError
from anpr.domain.recurrence import TimeWindow
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import gate_names, list_gates
from anpr.store.health.intervals import history
from anpr.store.organisations.rights import searchable_gates
from anpr.store.transits.audited_search import MAX_LIMIT
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import FoundPoint, found_points

router = APIRouter()
_LEAST = timedelta(minutes=1)
_MOST_DAYS, _TICKS = 40, 8
_Epoch = Annotated[int, Query(ge=0, le=2**33)]


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineView:
    """As the address says it: seconds since 1970 between which to look (0: as the search), and what has a lane."""

    since: int = 0
    until: int = 0
    by: Literal["gate", "plate"] = "gate"

    def address(self, window: TimeWindow | None = None, by: str = "") -> str:
        """What follows the `?`, or nothing; `window`: another stretch, rounded outwards to whole seconds."""
        since, until = self.since, self.until
        if window is not None:
            since, until = int(window.since.timestamp()), -int(-window.until.timestamp() // 1)
        values = {"since": since, "until": until, "by": by or self.by}
        told = {name: value for name, value in values.items() if value not in {0, "gate"}}
        return f"?{urlencode(told)}" if told else ""


def viewed_as(since: _Epoch = 0, until: _Epoch = 0, by: Literal["gate", "plate"] = "gate") -> TimelineView:
    """As the address says it."""
    return TimelineView(since=since, until=until, by=by)


ViewDep = Annotated[TimelineView, Depends(viewed_as)]


@router.get("/{number}/timeline")
async def show(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    view: ViewDep,
) -> Response:
    """The timeline of the visitor's own search, or of a part of its time."""
    return await until_disconnected(request, console, lambda limited: _shown(limited, visitor, context, number, view))


def _shown(console: Console, visitor: Visitor, context: PageContext, number: int, view: TimelineView) -> Response:
    search = own_search(console, visitor, number)
    whole = _whole(console, search)
    part = _part(whole, view)
    try:
        with console.search_seats.seat(visitor.user.name):
            points = _points(console, search, part)
    except (QueryTooLongError, SearchesBusyError):  # the page of results says which, and what helps
        return RedirectResponse(f"/search/{number}", status_code=303)
    is_cut = len(points) == MAX_LIMIT
    if is_cut:  # of the time before nothing may be said: it is not drawn
        part = TimeScale(min(point.captured_at for point in points), part.until, part.zone)
    lanes = _lanes(console, search, part, points, view)
    ids = [] if lanes.are_bars else [point.id for point in points]
    record_looked_at(console, visitor, search, ("search-timeline", view.address()), ids)
    values = _values(search, whole, part, points, view)
    with console.database.transaction() as conn:
        names = gate_names(conn)
    return console.templates.response(
        "search/timeline.html", context, lanes=lanes, is_cut=is_cut, gates=names, **values, section="search"
    )


def _whole(console: Console, search: RecordedSearch) -> TimeScale:
    """The time that was searched, as far back as anything is kept."""
    oldest = oldest_kept(console)
    since, until = max(search.query.since or oldest, oldest), end_of(search)
    return TimeScale(min(since, until - _LEAST), until, console.settings.zone)


def _part(whole: TimeScale, view: TimelineView) -> TimeScale:
    """The stretch that the address names, within what was searched. Raises HTTPException 404 for none."""
    since = datetime.fromtimestamp(view.since, UTC) if view.since else whole.since
    until = datetime.fromtimestamp(view.until, UTC) if view.until else whole.until
    since, until = max(since, whole.since), min(until, whole.until)
    if since >= until:
        raise HTTPException(404)
    return TimeScale(since, until, whole.zone)


def _points(console: Console, search: RecordedSearch, part: TimeScale) -> list[FoundPoint]:
    """The newest MAX_LIMIT of that time."""
    query = replace(search.query, since=part.since, until=part.until, limit=MAX_LIMIT)
    with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
        return found_points(conn, query)


def _lanes(
    console: Console, search: RecordedSearch, part: TimeScale, points: Sequence[FoundPoint], view: TimelineView
) -> Lanes:
    if view.by == "plate":
        return lanes_of_plates(points, part)
    with console.database.transaction() as conn:
        may, wanted = searchable_gates(conn), frozenset(search.query.gate_ids)
        gates = {gate.id: gate for gate in list_gates(conn) if gate.id in may and gate.id in (wanted or may)}
        states = history(conn, part.since, part.until, list(gates))
    return lanes_of_gates(points, gates, states, part)


def _values(
    search: RecordedSearch, whole: TimeScale, part: TimeScale, points: Sequence[FoundPoint], view: TimelineView
) -> dict[str, Any]:
    """What the template needs besides the lanes: links that zoom and shift, the axis, how many there are."""
    return {
        "search": search,
        "view": view,
        "total": len(points),
        "most": MAX_LIMIT,
        "most_lanes": MOST_LANES,
        "part": part,
        "is_part": (part.since, part.until) != (whole.since, whole.until),
        "ticks": part.ticks(_TICKS),
        "may_split": 1 < len({point.plate for point in points}) <= MOST_PLATES,
        "windows": _zooms(part, points),
        "before": _shifted(whole, part, -1),
        "after": _shifted(whole, part, 1),
        "link_query": f"&search={search.number}",
    }


def _zooms(part: TimeScale, points: Sequence[FoundPoint]) -> list[tuple[TimeWindow, int, bool]]:
    """Days, or hours of one day, with the numbers of their transits and whether they are days."""
    days = part.days()
    is_days = len(days) > 1
    windows = days if is_days else part.hours()
    if len(windows) < 2 or len(windows) > _MOST_DAYS:
        return []
    return [(each, sum(each.since <= point.captured_at < each.until for point in points), is_days) for each in windows]


def _shifted(whole: TimeScale, part: TimeScale, by: int) -> TimeWindow | None:
    """As long a stretch before or after, as far as something was searched there."""
    since, until = max(part.since + by * part.length, whole.since), min(part.until + by * part.length, whole.until)
    return TimeWindow(since=since, until=until) if since < until else None
