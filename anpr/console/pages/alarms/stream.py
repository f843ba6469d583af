# SPDX-License-Identifier: AGPL-3.0-or-later
"""Server-sent events of alarms: what a page missed first, then each one as it is raised, seen again or handled.

The board's stream carries cards. That of every other page carries notices: what a badge, a sound and one line need.
Both begin with `ready` and send `tally`, the true numbers, after each change.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, begin_record_shown, record_view
from anpr.console.alarm_card import transits_of
from anpr.console.alarm_row import alarm_in
from anpr.console.cookies import SESSION_COOKIE, read_cookie
from anpr.console.fields import Whole
from anpr.console.live_alarms import News, Subscription, next_news
from anpr.console.open_streams import CHECK_EVERY_S, may_go_on
from anpr.console.page_context import ContextDep
from anpr.console.pages.alarms.choice import BoardView, BoardViewDep
from anpr.console.rendering.templates import PageContext
from anpr.console.shared_frames import SharedFrames
from anpr.console.state import Console, ConsoleDep
from anpr.domain.alarm import AlarmState
from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority
from anpr.runtime.metrics import STREAMS_ENDED
from anpr.store.alarms.tally import AlarmTally
from anpr.store.alarms.views import STEP_LIMIT, AlarmView

router = APIRouter()
log = logging.getLogger(__name__)

OVERLAP = 50
"""Alarm ids. A page that comes back may show older ones as they were: it is told their present state."""

RETRY_MS = 2000
_PING_S = 15
_SEND_TIMEOUT_S = 10.0

LastEventId = Annotated[str, Header()]
_FRAMES = SharedFrames()
_Make = Callable[[AlarmView], tuple[str, str]]
"""The name and the data of an alarm's event."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What a page has asked for: alarms after this id, and `overlap` ids before it again; None: only what comes now."""

    page: str
    after: int | None
    overlap: int
    make: _Make
    shared_by: Hashable | None = None
    """What the events depend on besides the alarm; None: on who looks."""

    @property
    def since(self) -> int | None:
        return None if self.after is None else max(0, self.after - self.overlap)


@router.get("/stream")
async def stream(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    view: BoardViewDep,
    after: Whole = 0,
    again: bool = False,
    last_event_id: LastEventId = "",
) -> Response:
    """Events `alarm`, each a card or a row; ids are alarm ids. `again` also repeats the ones just before `after`."""
    came_back = _is_id(last_event_id)
    last_id = int(last_event_id) if came_back else after
    overlap = OVERLAP if came_back or again else 0
    make = partial(_card, console, context, view is BoardView.ROWS)
    shared_by = ("row", context.language, visitor.user.organisation_id) if view is BoardView.ROWS else None
    asked = _Asked(page="alarm-stream", after=last_id, overlap=overlap, make=make, shared_by=shared_by)
    return _answer(request, console, visitor, asked)


@router.get("/notices")
def notices(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    after: Whole | None = None,
    last_event_id: LastEventId = "",
) -> Response:
    """Events `notice`, each an alarm in JSON; ids are alarm ids. Without `after` only what comes from now on."""
    record_view(console, visitor, "alarm-notices")
    last_id = int(last_event_id) if _is_id(last_event_id) else after
    asked = _Asked(
        page="alarm-notices",
        after=last_id,
        overlap=0,
        make=partial(_notice, console),
        shared_by=("notice", visitor.user.organisation_id),
    )
    return _answer(request, console, visitor, asked)


def tally_json(tally: AlarmTally) -> str:
    """The counts as the scripts take them: numbers by priority, and their sums."""
    by_priority = {
        name: {str(priority): counts.get(priority, 0) for priority in Priority}
        for name, counts in (("raised", tally.raised), ("acknowledged", tally.acknowledged))
    }
    return json.dumps({**by_priority, "to_take": tally.to_take, "open": tally.open, "past": tally.past})


def _card(console: Console, context: PageContext, as_row: bool, view: AlarmView) -> tuple[str, str]:
    return "alarm", alarm_in(console, context, view, as_row=as_row)


def _answer(request: Request, console: Console, visitor: Visitor, asked: _Asked) -> Response:
    if not console.live.is_up:
        raise HTTPException(503)
    if not console.live.has_room:
        log.warning("console: a stream of alarms was refused: %s are open", console.live.pages)
        STREAMS_ENDED.labels("refused").inc()
        raise HTTPException(503)
    events = _events(console, read_cookie(request, SESSION_COOKIE), visitor, asked)
    return EventSourceResponse(events, ping=_PING_S, send_timeout=_SEND_TIMEOUT_S)


async def _events(
    console: Console, cookie: str | None, visitor: Visitor, asked: _Asked
) -> AsyncIterator[ServerSentEvent | bytes]:
    last_id = asked.after or 0
    with console.live.subscribe(visitor.user.name, visitor.session.key, visitor.user.organisation_id) as page:
        if page is None:
            return
        yield ServerSentEvent(event="ready", data="", retry=RETRY_MS)
        try:
            await to_thread.run_sync(console.alarm_calls.refresh, visitor.user.organisation_id)
            tally = await to_thread.run_sync(console.live.latest_tally, visitor.user.organisation_id)
            if tally is not None:
                yield _tally(tally)
            async for news in _told(console, cookie, visitor, page, asked):
                await _record(console, visitor, asked, news)
                chunk, last_id = _chunk(asked, news, last_id)
                yield chunk
        except StoreError:  # logged by the feed; the page asks again
            return
        if page.is_replaced:
            STREAMS_ENDED.labels("replaced").inc()
            yield ServerSentEvent(event="replaced", data="")


async def _told(
    console: Console, cookie: str | None, visitor: Visitor, page: Subscription, asked: _Asked
) -> AsyncIterator[Sequence[News]]:
    """What the page missed, then what comes. Raises StoreError."""
    async for views in _missed(console, asked.since):
        yield views
    async for news in _while_signed_in(console, cookie, visitor, page):
        yield news


async def _record(console: Console, visitor: Visitor, asked: _Asked, news: Sequence[News]) -> None:
    """What cannot be recorded is not shown: it raises StoreError, and the stream ends. No thread waits for the row, and
    fifty boards wait for one commit."""
    views = [each for each in news if isinstance(each, AlarmView)]
    if not views:
        return
    for written in begin_record_shown(console, visitor, asked.page, transits_of(views)):
        await asyncio.shield(asyncio.wrap_future(written))


async def _while_signed_in(
    console: Console, cookie: str | None, visitor: Visitor, page: Subscription
) -> AsyncIterator[list[News]]:
    """News until the stream is cut off, or the visitor may not have it (looked at every CHECK_EVERY_S)."""
    checked_at = console.clock.monotonic()
    async for news in next_news(page, CHECK_EVERY_S):
        if console.clock.monotonic() - checked_at >= CHECK_EVERY_S:
            checked_at = console.clock.monotonic()
            if not await to_thread.run_sync(_is_still_in, console, cookie, visitor):
                return
            await to_thread.run_sync(console.alarm_calls.refresh, page.organisation)
        if news:
            yield news


def _tally(tally: AlarmTally) -> ServerSentEvent:
    return ServerSentEvent(event="tally", data=tally_json(tally))


async def _missed(console: Console, after: int | None) -> AsyncIterator[list[AlarmView]]:
    while after is not None:
        views = await to_thread.run_sync(console.alarms.raised_after, after)
        if views:
            yield views
        after = views[-1].alarm.id if len(views) == STEP_LIMIT else None


def _chunk(asked: _Asked, news: Sequence[News], last_id: int) -> tuple[bytes, int]:
    """The events' bytes, and the highest alarm id that was sent with them."""
    sent = []
    for each in news:
        if isinstance(each, AlarmView):
            last_id = max(last_id, each.alarm.id)
        sent.append(_frame(asked, each, last_id))
    return b"".join(sent), last_id


def _frame(asked: _Asked, news: News, last_id: int) -> bytes:
    """The event's bytes, made once for all streams that send the same."""
    if isinstance(news, AlarmTally):
        return _tally(news).encode()
    if asked.shared_by is None:
        return _event(asked.make, news, last_id)
    return _FRAMES.get(news, (asked.shared_by, last_id), lambda: _event(asked.make, news, last_id))


def _event(make: _Make, view: AlarmView, last_id: int) -> bytes:
    # The id is the highest one sent, also for a change of an older alarm: what comes after it was not sent yet.
    name, data = make(view)
    return ServerSentEvent(event=name, id=str(last_id), data=data).encode()


def _notice(console: Console, view: AlarmView) -> tuple[str, str]:
    alarm, call = view.alarm, console.alarm_calls.of(console.scope.organisation_id, view)
    by = {AlarmState.RAISED: None, AlarmState.CLOSED: alarm.closed_by}.get(alarm.state, alarm.acknowledged_by)
    values = {
        "id": alarm.id,
        "state": alarm.state,
        "priority": alarm.priority,
        "retro": alarm.retro,
        "plate": alarm.vehicle,
        "gate": view.latest.gate_name,
        "seen": view.seen,
        "by": by,
        "sound": call.sound,
        "louder_at": [at.isoformat() for at in call.louder_at],
    }
    return "notice", json.dumps(values)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _is_still_in(console: Console, cookie: str | None, visitor: Visitor) -> bool:
    try:
        return may_go_on(console, cookie, visitor)
    except StoreError:
        return False
