# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events of alarms: what a page missed first, then each one as it is raised, acknowledged or closed."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import SESSION_COOKIE, visitor_of
from anpr.console.live_alarms import next_alarms
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms.card import card
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import StoreError
from anpr.store.alarms.views import PAGE_LIMIT, AlarmView

router = APIRouter()

OVERLAP = 50
"""Alarm ids. A page that comes back may show older ones as they were: it is told their present state."""

RETRY_MS = 2000
_PING_S = 15
_CHECK_EVERY_S = 20.0
_SEND_TIMEOUT_S = 10.0


@router.get("/stream")
async def stream(
    request: Request,
    console: ConsoleDep,
    context: ContextDep,
    after: Annotated[int, Query(ge=0)] = 0,
    again: bool = False,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """Events `alarm`, each the alarm's card; ids are alarm ids. `again` also repeats the ones just before `after`."""
    if not console.live.is_up:
        raise HTTPException(503)
    came_back = last_event_id.isdigit() and len(last_event_id) < 19
    last_id = int(last_event_id) if came_back else after
    events = _events(
        console, context, request.cookies.get(SESSION_COOKIE), last_id, OVERLAP if came_back or again else 0
    )
    return EventSourceResponse(events, ping=_PING_S, send_timeout=_SEND_TIMEOUT_S)


async def _events(
    console: Console, context: PageContext, cookie: str | None, last_id: int, overlap: int
) -> AsyncIterator[ServerSentEvent]:
    with console.live.subscribe() as page:
        if page is None:
            return
        checked_at = console.clock.monotonic()
        yield ServerSentEvent(event="ready", data="", retry=RETRY_MS)
        try:
            async for view in _missed(console, max(0, last_id - overlap)):
                last_id = max(last_id, view.alarm.id)
                yield _event(console, context, view, last_id)
        except StoreError:  # logged by the feed; the page asks again
            return
        async for announced in next_alarms(page, _CHECK_EVERY_S):
            if console.clock.monotonic() - checked_at >= _CHECK_EVERY_S:
                checked_at = console.clock.monotonic()
                if not await to_thread.run_sync(_is_still_in, console, cookie):
                    return
            if announced:
                last_id = max(last_id, announced.alarm.id)
                yield _event(console, context, announced, last_id)


async def _missed(console: Console, after: int) -> AsyncIterator[AlarmView]:
    while True:
        views = await to_thread.run_sync(console.alarms.raised_after, after)
        for view in views:
            yield view
        if len(views) < PAGE_LIMIT:
            return
        after = views[-1].alarm.id


def _event(console: Console, context: PageContext, view: AlarmView, last_id: int) -> ServerSentEvent:
    # The id is the highest one sent, also for a change of an older alarm: what comes after it was not sent yet.
    return ServerSentEvent(event="alarm", id=str(last_id), data=card(console, context, view))


def _is_still_in(console: Console, cookie: str | None) -> bool:
    try:
        return visitor_of(console, cookie) is not None
    except StoreError:
        return False
