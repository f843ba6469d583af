# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events of alarms: what a page missed first, then each one as it is raised, acknowledged or closed.

The board's stream carries cards. That of every other page carries notices: what a badge, a sound and one line need.
Both begin with `ready` and send `tally`, the true numbers, after each change.
"""

import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import SESSION_COOKIE, VisitorDep, record_view, visitor_of
from anpr.console.alarm_card import alarm_card
from anpr.console.live_alarms import News, Subscription, next_news
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.alarm import AlarmState
from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority
from anpr.store.alarms.tally import AlarmTally
from anpr.store.alarms.views import STEP_LIMIT, AlarmView

router = APIRouter()

OVERLAP = 50
"""Alarm ids. A page that comes back may show older ones as they were: it is told their present state."""

RETRY_MS = 2000
_PING_S = 15
_CHECK_EVERY_S = 20.0
_SEND_TIMEOUT_S = 10.0

LastEventId = Annotated[str, Header()]
_Make = Callable[[AlarmView], tuple[str, str]]
"""The name and the data of an alarm's event."""


@router.get("/stream")
async def stream(
    request: Request,
    console: ConsoleDep,
    context: ContextDep,
    after: Annotated[int, Query(ge=0)] = 0,
    again: bool = False,
    last_event_id: LastEventId = "",
) -> Response:
    """Events `alarm`, each the alarm's card; ids are alarm ids. `again` also repeats the ones just before `after`."""
    came_back = _is_id(last_event_id)
    last_id = int(last_event_id) if came_back else after
    overlap = OVERLAP if came_back or again else 0
    return _answer(request, console, last_id, overlap, lambda view: ("alarm", alarm_card(console, context, view)))


@router.get("/notices")
def notices(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: LastEventId = "",
) -> Response:
    """Events `notice`, each an alarm in JSON; ids are alarm ids. Without `after` only what comes from now on."""
    record_view(console, visitor, "alarm-notices")
    last_id = int(last_event_id) if _is_id(last_event_id) else after
    return _answer(request, console, last_id, 0, _notice)


def tally_json(tally: AlarmTally) -> str:
    """The counts as the scripts take them: numbers by priority, and their sums."""
    by_priority = {
        name: {str(priority): counts.get(priority, 0) for priority in Priority}
        for name, counts in (("raised", tally.raised), ("acknowledged", tally.acknowledged))
    }
    return json.dumps({**by_priority, "to_take": tally.to_take, "open": tally.open, "past": tally.past})


def _answer(request: Request, console: Console, after: int | None, overlap: int, make: _Make) -> Response:
    if not console.live.is_up:
        raise HTTPException(503)
    since = None if after is None else max(0, after - overlap)
    events = _events(console, request.cookies.get(SESSION_COOKIE), after or 0, since, make)
    return EventSourceResponse(events, ping=_PING_S, send_timeout=_SEND_TIMEOUT_S)


async def _events(
    console: Console, cookie: str | None, last_id: int, since: int | None, make: _Make
) -> AsyncIterator[ServerSentEvent]:
    with console.live.subscribe() as page:
        if page is None:
            return
        yield ServerSentEvent(event="ready", data="", retry=RETRY_MS)
        if console.live.latest_tally is not None:
            yield _tally(console.live.latest_tally)
        try:
            async for view in _missed(console, since):
                last_id = max(last_id, view.alarm.id)
                yield _event(make, view, last_id)
        except StoreError:  # logged by the feed; the page asks again
            return
        async for news in _while_signed_in(console, cookie, page):
            if isinstance(news, AlarmTally):
                yield _tally(news)
            else:
                last_id = max(last_id, news.alarm.id)
                yield _event(make, news, last_id)


async def _while_signed_in(console: Console, cookie: str | None, page: Subscription) -> AsyncIterator[News]:
    """News until the stream is cut off or the session is over, which is looked at every _CHECK_EVERY_S."""
    checked_at = console.clock.monotonic()
    async for news in next_news(page, _CHECK_EVERY_S):
        if console.clock.monotonic() - checked_at >= _CHECK_EVERY_S:
            checked_at = console.clock.monotonic()
            if not await to_thread.run_sync(_is_still_in, console, cookie):
                return
        if news is not None:
            yield news


def _tally(tally: AlarmTally) -> ServerSentEvent:
    return ServerSentEvent(event="tally", data=tally_json(tally))


async def _missed(console: Console, after: int | None) -> AsyncIterator[AlarmView]:
    while after is not None:
        views = await to_thread.run_sync(console.alarms.raised_after, after)
        for view in views:
            yield view
        after = views[-1].alarm.id if len(views) == STEP_LIMIT else None


def _event(make: _Make, view: AlarmView, last_id: int) -> ServerSentEvent:
    # The id is the highest one sent, also for a change of an older alarm: what comes after it was not sent yet.
    name, data = make(view)
    return ServerSentEvent(event=name, id=str(last_id), data=data)


def _notice(view: AlarmView) -> tuple[str, str]:
    alarm = view.alarm
    by = {AlarmState.ACKNOWLEDGED: alarm.acknowledged_by, AlarmState.CLOSED: alarm.closed_by}.get(alarm.state)
    values = {
        "id": alarm.id,
        "state": alarm.state,
        "priority": alarm.priority,
        "retro": alarm.retro,
        "plate": alarm.entry_plate,
        "gate": view.gate_name,
        "by": by,
    }
    return "notice", json.dumps(values)


def _is_id(text: str) -> bool:
    return text.isdigit() and len(text) < 19


def _is_still_in(console: Console, cookie: str | None) -> bool:
    try:
        return visitor_of(console, cookie) is not None
    except StoreError:
        return False
