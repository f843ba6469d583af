# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events for phones: that something changed in the patrol's area, and not what. The page then asks.

A phone's link comes and goes: what it missed is in the list that it asks for, so nothing is replayed.
"""

from collections.abc import AsyncIterator

from anyio import to_thread
from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.cookies import SESSION_COOKIE, read_cookie
from anpr.console.live_alarms import next_news
from anpr.console.open_streams import CHECK_EVERY_S, may_go_on
from anpr.console.pages.patrol.area import is_for, person_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import StoreError
from anpr.runtime.metrics import STREAMS_ENDED
from anpr.store.alarms.views import AlarmView

router = APIRouter()

RETRY_MS = 3000
_PING_S = 20
_SEND_TIMEOUT_S = 10.0


@router.get("/stream")
async def stream(request: Request, console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Events `changed`, whose data is an alarm's id."""
    if not console.live.is_up or not console.live.has_room:
        STREAMS_ENDED.labels("refused").inc()
        raise HTTPException(503)
    events = _events(console, read_cookie(request, SESSION_COOKIE), visitor)
    return EventSourceResponse(events, ping=_PING_S, send_timeout=_SEND_TIMEOUT_S)


async def _events(console: Console, cookie: str | None, visitor: Visitor) -> AsyncIterator[ServerSentEvent]:
    with console.live.subscribe(visitor.user.name, visitor.session.key, visitor.user.organisation_id) as page:
        if page is None:
            return
        yield ServerSentEvent(event="ready", data="", retry=RETRY_MS)
        try:
            person = await to_thread.run_sync(person_of, console, visitor)
            checked_at = console.clock.monotonic()
            async for news in next_news(page, CHECK_EVERY_S):
                if console.clock.monotonic() - checked_at >= CHECK_EVERY_S:
                    checked_at = console.clock.monotonic()
                    if not await to_thread.run_sync(may_go_on, console, cookie, visitor):
                        return
                    person = await to_thread.run_sync(person_of, console, visitor)
                theirs = [each for each in news if isinstance(each, AlarmView) and is_for(visitor, person, each)]
                for each in theirs:
                    yield ServerSentEvent(event="changed", data=str(each.alarm.id))
        except StoreError:  # logged by the feed; the page asks again
            return
        if page.is_replaced:
            STREAMS_ENDED.labels("replaced").inc()
            yield ServerSentEvent(event="replaced", data="")
